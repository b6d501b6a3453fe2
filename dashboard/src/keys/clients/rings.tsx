/** Two crossing rings: clients that cannot be distinguished. */
export function Rings() {
	return (
		<svg
			width={12}
			height={12}
			viewBox="0 0 12 12"
			fill="none"
			stroke="currentColor"
			strokeWidth={1.4}
			aria-hidden="true"
			style={{ verticalAlign: -1 }}
		>
			<circle cx={4} cy={6} r={3} />
			<circle cx={8} cy={6} r={3} />
		</svg>
	);
}
