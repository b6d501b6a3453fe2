import type { Recipients } from "./reached.ts";

/** Recipients one below the other, each with what became of its mail or delivery. */
export function RecipientList({ of }: { of: Recipients }) {
	if (typeof of === "string") return of;
	return (
		<ul className="kw-recipients">
			{of.map(({ id, name, outcome, is_reached }) => (
				<li key={id} data-reached={is_reached}>
					<bdi>{name}</bdi>: {outcome}
				</li>
			))}
		</ul>
	);
}
