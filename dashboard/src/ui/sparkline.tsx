const WIDTH_PX = 64;
const HEIGHT_PX = 20;
const HOURS = 24;
const PITCH_PX = WIDTH_PX / HOURS;
const BAR_PX = PITCH_PX - 0.7;

export interface Hour {
	readonly start: string;
	readonly allowed: number;
	readonly refused: number;
}

const count = new Intl.NumberFormat("en");

/** "1,204 requests in 24 hours, 3 refused". */
export function sparklineText(hours: readonly Hour[]): string {
	const refused = hours.reduce((sum, hour) => sum + hour.refused, 0);
	const total = hours.reduce((sum, hour) => sum + hour.allowed, refused);
	if (total === 0) return "No requests in 24 hours";
	return `${count.format(total)} ${total === 1 ? "request" : "requests"} in 24 hours${refused === 0 ? "" : `, ${count.format(refused)} refused`}`;
}

/** A day of requests, one bar per hour, with refused ones on top in red. Screen readers get only the text. */
export function Sparkline({ hours }: { hours: readonly Hour[] }) {
	const shown = hours.slice(-HOURS);
	const most = Math.max(1, ...shown.map((hour) => hour.allowed + hour.refused));
	const text = sparklineText(shown);
	const height = (requests: number) => (requests === 0 ? 0 : Math.max(1.5, (requests / most) * HEIGHT_PX));
	return (
		<svg width={WIDTH_PX} height={HEIGHT_PX} viewBox={`0 0 ${WIDTH_PX} ${HEIGHT_PX}`} role="img" aria-label={text} style={{ display: "block" }}>
			<title>{text}</title>
			<line x1={0} x2={WIDTH_PX} y1={HEIGHT_PX - 0.5} y2={HEIGHT_PX - 0.5} stroke="var(--kw-hairline)" />
			{shown.map((hour, index) => {
				const x = index * PITCH_PX;
				const refused = height(hour.refused);
				const allowed = Math.min(height(hour.allowed), HEIGHT_PX - refused);
				return (
					<g key={hour.start}>
						<rect x={x} y={HEIGHT_PX - allowed} width={BAR_PX} height={allowed} fill="var(--kw-chart-allowed)" />
						<rect x={x} y={HEIGHT_PX - allowed - refused} width={BAR_PX} height={refused} fill="var(--kw-chart-refused)" />
					</g>
				);
			})}
		</svg>
	);
}
