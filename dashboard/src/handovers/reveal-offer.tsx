import { Box, Button, Code, List, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { useProfile } from "../access/session.ts";
import { answered, api } from "../http/api.ts";
import type { paths } from "../http/openapi.gen.ts";
import { ENVIRONMENT_WORDS } from "../keys/words.ts";
import { Problem } from "../ui/problem.tsx";
import { Time } from "../ui/time.tsx";
import { useAction } from "../ui/use-action.ts";

export type Offer = paths["/api/v1/handovers/read"]["post"]["responses"][200]["content"]["application/json"];
export type Revealed = paths["/api/v1/handovers/reveal"]["post"]["responses"][200]["content"]["application/json"];

const NAME_CHARACTERS_MAX = 200;

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
	async function reveal(): Promise<void> {
		if (name.trim() === "") return setMissing(true);
		const revealed = await action.run(() => answered(api.POST("/api/v1/handovers/reveal", { body: { token, name: name.trim() } })));
		if (revealed) onRevealed(revealed);
		else onRefused();
	}
	return (
		<form
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void reveal();
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
	const { key } = offer;
	return (
		<Box className="kw-surface" p="md">
			<Text fw={600} className="kw-wrap">
				{key.name}
			</Text>
			<Text size="sm" c="dimmed">
				{ENVIRONMENT_WORDS[key.environment].name}, {key.site_ids === null ? "all sites" : `only at ${key.site_ids.join(", ")}`}
			</Text>
			<Text size="sm" mt="sm">
				It may:
			</Text>
			<List size="sm">
				{key.permissions.map((permission) => (
					<List.Item key={permission}>
						<Code className="kw-mono">{permission}</Code>
					</List.Item>
				))}
			</List>
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
