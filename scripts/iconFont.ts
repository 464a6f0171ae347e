/** Makes `media/headroom-icons.woff` after a change of `icons.ts`: `npx tsx scripts/iconFont.ts`. */

import { writeFileSync } from "node:fs";
import { iconFont, iconFontFile } from "./icons.ts";

writeFileSync(iconFontFile, iconFont());
