import { Box, Radio, SimpleGrid, TextInput } from "@mantine/core";
import type { GetInputPropsReturnType } from "@mantine/form";
import { ChoiceCard } from "../../ui/choice-card.tsx";
import { Labelled } from "../../ui/form/labelled.tsx";

const EMAIL_CHARACTERS_MAX = 254;

/** How the key is delivered: by link or shown once. The link comes first, because only its recipient sees the key. `email`: null without a mail server. */
export function CreateWay({ way, email }: { way: GetInputPropsReturnType; email: GetInputPropsReturnType | null }) {
	return (
		<Box>
			<Radio.Group label="How does it get to the server?" {...way}>
				<SimpleGrid cols={{ base: 1, xs: 2 }} spacing={8} mt={4}>
					<ChoiceCard value="handover" title="Hand it over" text="Send a one-time link to the person who deploys it. Only they see the key." />
					<ChoiceCard value="show" title="Show it to me once" text="You see the key now, one time, and store it yourself." />
				</SimpleGrid>
			</Radio.Group>
			{email !== null && (
				<TextInput
					mt={12}
					label={<Labelled text="Send the link to" by="Optional, by e-mail; you get it to copy in any case" />}
					type="email"
					autoComplete="off"
					maxLength={EMAIL_CHARACTERS_MAX}
					{...email}
				/>
			)}
		</Box>
	);
}
