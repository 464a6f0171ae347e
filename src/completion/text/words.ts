/** Words and letters in any script. Where words are not set apart by spaces, each character counts as one. */

export const wordCharacter = /[\p{L}\p{M}\p{N}_]/u;

/** Scripts that set no spaces between words. */
const unspaced =
	"\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Tibetan}";
/** Scripts in which a character says as much as two or three letters. */
const dense =
	/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
const words = new RegExp(
	`[${unspaced}]|(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}_])+`,
	"gu",
);
const letterOrDigit = /[\p{L}\p{N}]/gu;
/** Also those that count in Chinese: 第一, 第二. */
const numbers = /[\p{N}〇一二三四五六七八九十百千万]+/gu;

/** Whether there is a letter or a digit. */
export function hasWord(text: string): boolean {
	return wordCharacter.test(text);
}

export function wordCount(text: string): number {
	return text.match(words)?.length ?? 0;
}

/** Letters and digits; those of Chinese, Japanese and Korean count twice. */
export function letterCount(text: string): number {
	return (text.match(letterOrDigit)?.length ?? 0) + denseCount(text);
}

/** Characters; those of Chinese, Japanese and Korean count twice. */
export function widthOf(text: string): number {
	return text.length + denseCount(text);
}

/** With each number replaced by the same one. */
export function withoutNumbers(text: string): string {
	return text.replace(numbers, "0");
}

function denseCount(text: string): number {
	return text.match(dense)?.length ?? 0;
}
