import { Button, Group, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api } from "../../http/api.ts";
import { Problem } from "../../ui/problem.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type Source, sourcesQuery } from "../queries.ts";
import { formatNetwork } from "../text.ts";
import { formatCall } from "./found.ts";

const NAME_CHARACTERS_MAX = 200;

/** Describes the client that is being named. */
function formatCover(source: Source): string {
	const covers = `For whatever calls as ${formatCall({ ...source, name: null })} from ${formatNetwork(source.network)}, with any of your keys.`;
	return source.told_apart ? covers : `${covers} Several programs may look like this one.`;
}

interface NameProps {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly source: Source;
	readonly onClose: () => void;
}

/** Gives a client a name, changes it or takes it away. */
export function ClientName({ tenant_id, key_id, source, onClose }: NameProps) {
	const [name, setName] = useState(source.name ?? source.client ?? "");
	const action = useAction();
	const queries = useQueryClient();
	async function put(given: string | null): Promise<void> {
		const path = { tenant_id, source_id: source.id };
		const done = await action.run(async () => {
			await answered(api.PUT("/api/v1/tenants/{tenant_id}/sources/{source_id}", { params: { path }, body: { name: given } }));
			await queries.invalidateQueries({ queryKey: sourcesQuery(tenant_id, key_id).queryKey });
			return true;
		});
		if (done) onClose();
	}
	function save(event: FormEvent): void {
		event.preventDefault();
		if (name.trim() !== "") void put(name.trim());
	}
	return (
		<form onSubmit={save}>
			<TextInput
				label="Name of this client"
				description={formatCover(source)}
				placeholder="Order server"
				autoFocus
				maw={480}
				maxLength={NAME_CHARACTERS_MAX}
				value={name}
				onChange={(event) => setName(event.currentTarget.value)}
				onKeyDown={(event) => event.key === "Escape" && onClose()}
			/>
			<Group gap={8} mt={8} mb={8}>
				<Button type="submit" size="compact-sm" loading={action.pending} disabled={name.trim() === ""}>
					Save the name
				</Button>
				<Button variant="default" size="compact-sm" onClick={onClose}>
					Cancel
				</Button>
				{source.name !== null && (
					<Button variant="subtle" size="compact-sm" disabled={action.pending} onClick={() => void put(null)}>
						Take the name away
					</Button>
				)}
			</Group>
			<Problem error={action.error} />
		</form>
	);
}
