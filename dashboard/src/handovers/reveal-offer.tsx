import { Box, Button, List, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { useProfile } from "../access/session.ts";
import { answered, api } from "../http/api.ts";
import type { paths } from "../http/openapi.gen.ts";
import { ENVIRONMENT_WORDS } from "../keys/words.ts";
import { goToFirstFault } from "../ui/first-fault.ts";
import { Problem } from "../ui/problem.tsx";
import { Time } from "../ui/time.tsx";
import { useAction } from "../ui/use-action.ts";

export type Offer = paths["/api/v1/handovers/read"]["post"]["responses"][200]["content"]["application/json"];
export type Revealed = paths["/api/v1/handovers/reveal"]["post"]["responses"][200]["content"]["application/json"];

const NAME_CHARACTERS_MAX = 200;
const PERMISSIONS_SHOWN_MAX = 8;

interface OfferProps {
	readonly token: string;
	readonly offer: Offer;
	readonly onRevealed: (revealed: Revealed) => void;
	/** Called to refetch the link's state. */
	readonly onRefused: () => void;
}

/** What a pending link offers, and the button that creates the key. */
export function RevealOffer({ token, offer, onRevealed, onRefused }: OfferProps) {
	const [name, setName] = useState("");
	const [missing, setMissing] = useState(false);
	const product = useProfile()?.product_name ?? "the API";
	const action = useAction();
	async function reveal(form: HTMLFormElement): Promise<void> {
		setMissing(name.trim() === "");
		if (name.trim() === "") return goToFirstFault(form);
		const revealed = await action.run(() => answered(api.POST("/api/v1/handovers/reveal", { body: { token, name: name.trim() } })));
		if (revealed) onRevealed(revealed);
		else onRefused();
	}
	return (
		<form
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void reveal(event.currentTarget);
			}}
		>
			<Stack gap="lg">
				<Box>
					<Title order={1} className="kw-wrap">
						{offer.created_by.name} hands a key over to you
					</Title>
					<Text c="dimmed" mt={4} className="kw-wrap">
						It lets a program call {product} for {offer.tenant.name}. You are the only person who will see it, and only once: open this where you can
						store it.
					</Text>
				</Box>
				<Facts offer={offer} />
				<TextInput
					label="Your name"
					description={`${offer.created_by.name} sees who revealed the key`}
					value={name}
					maxLength={NAME_CHARACTERS_MAX}
					autoComplete="name"
					error={missing && name.trim() === "" ? "Say who you are" : undefined}
					onChange={(event) => setName(event.currentTarget.value)}
				/>
				<Problem error={action.error} />
				<Button type="submit" size="md" loading={action.pending}>
					Reveal the key
				</Button>
			</Stack>
		</form>
	);
}

function Facts({ offer }: { offer: Offer }) {
	const { key, sites } = offer;
	return (
		<Box className="kw-surface" p="md">
			<Text fw={600} className="kw-wrap">
				{key.name}
			</Text>
			<Text size="sm" c="dimmed" className="kw-wrap">
				{ENVIRONMENT_WORDS[key.environment].name}, {formatSites(sites)}
			</Text>
			<Permissions permissions={offer.permissions} />
			<Text size="sm" mt="sm">
				{key.expires_at === null ? (
					"It does not expire."
				) : (
					<>
						The key expires <Time value={key.expires_at} />.
					</>
				)}{" "}
				This link ends <Time value={offer.expires_at} />.
			</Text>
		</Box>
	);
}

function formatSites(sites: Offer["sites"]): string {
	if (sites === null) return "at all sites";
	return sites.length === 0 ? "at no site" : `only at ${sites.map(({ name }) => name).join(", ")}`;
}

/** Each permission in the catalogue's words, with its name as programs write it. */
function Permissions({ permissions }: Pick<Offer, "permissions">) {
	const [all, setAll] = useState(false);
	if (permissions.length === 0) {
		return (
			<Text size="sm" mt="sm">
				It may do nothing but say which key it is.
			</Text>
		);
	}
	const shown = all ? permissions : permissions.slice(0, PERMISSIONS_SHOWN_MAX);
	return (
		<>
			<Text size="sm" mt="sm">
				It may:
			</Text>
			<List size="sm" spacing={2}>
				{shown.map(({ name, description }) => (
					<List.Item key={name} className="kw-wrap">
						{description}
						{description !== "" && " "}
						<Text component="span" size="xs" c="dimmed" className="kw-mono" fz={12}>
							{name}
						</Text>
					</List.Item>
				))}
			</List>
			{permissions.length > PERMISSIONS_SHOWN_MAX && (
				<Button variant="subtle" size="compact-sm" mt={4} aria-expanded={all} onClick={() => setAll(!all)}>
					{all ? "Show fewer" : `Show all ${permissions.length}`}
				</Button>
			)}
		</>
	);
}
