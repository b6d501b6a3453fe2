import { VisuallyHidden } from "@mantine/core";
import type { DiffLine, FieldDiff } from "./diff.ts";

const SIGNS = { same: "", removed: "−", added: "+" } as const;
/** What a screen reader says before a line. */
const SPOKEN = { same: "unchanged: ", removed: "before: ", added: "after: " } as const;

/** What an entry changed: one block for each field, by its plain name and its name in the API. */
export function Diff({ fields }: { fields: readonly FieldDiff[] }) {
	return (
		<dl className="kw-diff" aria-label="What changed">
			{fields.map(({ field, name, lines, left_out }) => (
				<div key={field} className="kw-diff-field">
					<dt>
						{name} <span className="kw-mono">{field}</span>
					</dt>
					{lines.map((line) => (
						<Line key={`${line.change} ${line.text}`} line={line} />
					))}
					{left_out > 0 && (
						<dd className="kw-diff-line" data-change="same">
							<span />
							<span>and {left_out.toLocaleString("en")} more: show it as JSON</span>
						</dd>
					)}
				</div>
			))}
		</dl>
	);
}

function Line({ line: { change, text, mono } }: { line: DiffLine }) {
	const value = <bdi className={mono ? "kw-mono" : undefined}>{text}</bdi>;
	return (
		<dd className="kw-diff-line" data-change={change}>
			<span aria-hidden="true">{SIGNS[change]}</span>
			<span>
				<VisuallyHidden>{SPOKEN[change]}</VisuallyHidden>
				{change === "removed" ? <del>{value}</del> : change === "added" ? <ins>{value}</ins> : value}
			</span>
		</dd>
	);
}
