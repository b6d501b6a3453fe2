/** The mark of a product without a logo: a key in its colour. */
export function Mark() {
	return (
		<svg viewBox="0 0 20 20" width={20} height={20} aria-hidden="true" className="kw-mark">
			<rect width="20" height="20" rx="5" fill="var(--mantine-primary-color-filled)" />
			<circle cx="7.6" cy="10" r="2.6" fill="none" stroke="#fff" strokeWidth="1.7" />
			<path d="M10.2 10h5.3M13.4 10v2.6" stroke="#fff" strokeWidth="1.7" strokeLinecap="round" />
		</svg>
	);
}
