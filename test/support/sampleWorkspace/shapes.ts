export interface Shape {
	area(): number;
	perimeter(): number;
}

export class Rectangle implements Shape {
	constructor(
		private readonly width: number,
		private readonly height: number,
	) {}

	area(): number {
		return this.width * this.height;
	}

	perimeter(): number {
		return 2 * (this.width + this.height);
	}
}

export function totalArea(shapes: readonly Shape[]): number {
	let total = 0;
	for (const shape of shapes) {
		total += shape.area();
	}
	return total;
}
