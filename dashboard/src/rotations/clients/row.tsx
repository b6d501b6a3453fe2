import { Text } from "@mantine/core";
import { formatNetwork, formatProgram } from "../../keys/text.ts";
import { Time } from "../../ui/time.tsx";
import type { RotationProps } from "../props.ts";
import { isOpen, type RotationSource } from "../queries.ts";
import { formatClient, type Move } from "../words.ts";
import { RotationConfirm } from "./confirm.tsx";
import { Lane } from "./lane.tsx";
import { ClientState } from "./state.tsx";

interface ClientProps extends RotationProps {
	readonly source: RotationSource;
	readonly move: Move;
}

/** One client: its name, the lane from the old key to the new one, its state, and what is missing there. */
export function OneClient({ source, move, ...props }: ClientProps) {
	const { position } = move;
	const open = isOpen(props.rotation);
	const word = open || position === "moved" || position === "new" ? move.word : "Had not moved";
	const title = getTitle(source);
	const second = getSecond(source, title);
	return (
		<li className="kw-rotation-client" data-move={position} data-client={formatClient(source)} data-asks={(open && position === "ask") || undefined}>
			<div className="kw-client-row">
				<div>
					<Text size="sm" lh="18px" fw={600} className="kw-client-name" title={title} dir="auto">
						{title}
					</Text>
					<Text size="xs" lh="16px" c="dimmed" className="kw-mono kw-client-name" fz={12} title={second}>
						{second}
					</Text>
				</div>
				<Lane source={source} position={position} />
				<ClientState source={source} position={position} word={word} />
			</div>
			{open && <Missing source={source} move={move} />}
			{open && <RotationConfirm {...props} source={source} />}
		</li>
	);
}

/** The given name, or the program. */
function getTitle(source: RotationSource): string {
	if (source.network === "other") return formatClient(source);
	return source.name ?? source.client ?? formatProgram(source.agent);
}

function getSecond(source: RotationSource, title: string): string {
	if (source.network === "other") return "counted together";
	const program = formatProgram(source.agent);
	const parts = [source.name === null ? "Not named" : null, program === title ? null : program, source.client === title ? null : source.client];
	return [...parts, formatNetwork(source.network)].filter((part) => part !== null).join(" · ");
}

/** What is missing; in the block of a client that needs a person, with the last use of the old key. */
function Missing({ source, move }: { source: RotationSource; move: Move }) {
	const { position, why } = move;
	if (why === null) return null;
	if (position !== "ask") {
		return (
			<Text size="xs" lh="16px" c="dimmed" mt={4} className="kw-wrap">
				{why}
				{source.waits_until !== null && position === "moving" && (
					<>
						{" "}
						If nothing else is seen, that is <Time value={source.waits_until} />.
					</>
				)}
			</Text>
		);
	}
	return (
		<Text size="sm" mt={2} maw={640} className="kw-wrap">
			{why} The old key was last seen here{" "}
			<b>
				<Time value={source.silent_since} />
			</b>
			. A copy that calls less often cannot be seen.
		</Text>
	);
}
