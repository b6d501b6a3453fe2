import { Box, Button, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { flushSync } from "react-dom";
import { useProfile } from "../access/session.ts";
import { answered, api, isApiError } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import { ShowOnceGate } from "../keys/show-once/gate.tsx";
import { ShowOncePanel } from "../keys/show-once/panel.tsx";
import { useShownOnce } from "../keys/show-once/secret.ts";
import { Mark } from "../ui/brand/mark.tsx";
import { focusPage } from "../ui/keep-focus.ts";
import { Problem } from "../ui/problem.tsx";
import { type Offer, type Revealed, RevealOffer } from "./reveal-offer.tsx";

const WIDTH_PX = 640;

/** The token is in the fragment of the link, which never reaches server logs or previews. */
function tokenOfLink(): string {
	return location.hash.slice(1);
}

/** For the person who deploys a key: they enter their name and press Reveal, which creates the key and shows it. */
export default function RevealPage() {
	useDocumentTitle("A key for you");
	const profile = useProfile();
	const [token] = useState(tokenOfLink);
	const secret = useShownOnce<Revealed>(() => true);
	const [stored, setStored] = useState(false);
	// The button that said so has gone.
	useEffect(() => {
		if (stored) focusPage();
	}, [stored]);
	const offer = useQuery({
		queryKey: cacheRoots.handover(token),
		queryFn: () => answered(api.POST("/api/v1/handovers/read", { body: { token } })),
		enabled: token !== "",
		gcTime: 0,
	});
	return (
		<Box component="main" tabIndex={-1} mx="auto" maw={WIDTH_PX} p="md" pt="xl" style={{ outline: "none" }}>
			<Stack gap="lg">
				<Group gap={8} mih={28}>
					{profile !== null && (profile.logo_url ? <img src={profile.logo_url} alt="" height={28} /> : <Mark />)}
					<Text fw={600} className="kw-wrap">
						{profile?.product_name ?? ""}
					</Text>
				</Group>
				{secret.value !== null ? (
					<Shown revealed={secret.value} leaving={secret.leaving} onClosed={() => flushSync(secret.drop)} onStored={() => setStored(true)} />
				) : (
					<NotShown token={token} offer={offer} stored={stored} emptied={secret.emptied} onRevealed={secret.hold} />
				)}
			</Stack>
		</Box>
	);
}

interface NotShownProps {
	readonly token: string;
	readonly offer: { readonly data: Offer | undefined; readonly error: unknown; readonly refetch: () => Promise<unknown> };
	readonly stored: boolean;
	readonly emptied: boolean;
	readonly onRevealed: (revealed: Revealed) => void;
}

function NotShown({ token, offer, stored, emptied, onRevealed }: NotShownProps) {
	if (stored) return <Says title="The key is yours to look after">It is no longer shown here. You can close this page.</Says>;
	if (emptied)
		return (
			<Says title="The key is no longer shown">
				You left this page while the key was shown, and it was not kept. Ask {offer.data?.created_by.name ?? "the sender of the link"} for a new link.
			</Says>
		);
	if (token === "" || isApiError(offer.error, "not_found", "invalid_request")) {
		return (
			<Says title="This link leads to no key">
				It may have been cut off where it was copied: open it again from the message, whole. If that does not help, ask the sender for a new one.
			</Says>
		);
	}
	if (offer.error) return <Problem error={offer.error} />;
	if (offer.data === undefined) return <Waiting />;
	return offer.data.status === "waiting" ? (
		<RevealOffer token={token} offer={offer.data} onRevealed={onRevealed} onRefused={() => void offer.refetch()} />
	) : (
		<Over offer={offer.data} />
	);
}

function Waiting() {
	return (
		<Stack gap="md" role="status" aria-busy="true" aria-label="Loading">
			<Skeleton height={28} width="70%" />
			<Skeleton height={120} />
			<Skeleton height={60} />
		</Stack>
	);
}

function Says({ title, children }: { title: string; children: ReactNode }) {
	return (
		<Stack gap="xs" role="status">
			<Title order={1} className="kw-wrap">
				{title}
			</Title>
			<Text className="kw-wrap">{children}</Text>
		</Stack>
	);
}

/** Explains why a link no longer reveals a key, and what to do. */
function Over({ offer }: { offer: Offer }) {
	const { name } = offer.created_by;
	if (offer.status === "claimed") {
		return (
			<Says title="This key was revealed already">
				A link works once. If it was not you who revealed {offer.key.name}, tell {name} of {offer.tenant.name} now: the key should be revoked. If it
				was you and the key is lost, ask {name} for a new link.
			</Says>
		);
	}
	if (offer.status === "cancelled") {
		return (
			<Says title="This link was cancelled">
				{name} of {offer.tenant.name} took it back, and no key was made. If you still need {offer.key.name}, ask {name} for a new link.
			</Says>
		);
	}
	return (
		<Says title="This link is over">
			It was not opened in time, and no key was made. Ask {name} of {offer.tenant.name} for a new link to {offer.key.name}.
		</Says>
	);
}

interface ShownProps {
	readonly revealed: Revealed;
	readonly leaving: { readonly proceed: () => void; readonly stay: () => void } | null;
	readonly onClosed: () => void;
	readonly onStored: () => void;
}

function Shown({ revealed, leaving, onClosed, onStored }: ShownProps) {
	const [asked, setAsked] = useState(false);
	const { key, raw_key } = revealed;
	function closed(): void {
		onStored();
		onClosed();
		leaving?.proceed();
	}
	function back(): void {
		leaving?.stay();
		setAsked(false);
	}
	return (
		<Stack gap="lg">
			<Title order={1} className="kw-wrap">
				{key.name} is ready
			</Title>
			<ShowOncePanel
				tenant_id={key.tenant_id}
				key_id={key.id}
				name={key.name}
				raw_key={raw_key}
				live={
					<Text size="sm" c="dimmed">
						When the first request arrives, the sender of the link sees it within seconds.
					</Text>
				}
			/>
			<Button onClick={() => setAsked(true)}>I have stored the key</Button>
			<ShowOnceGate opened={asked || leaving !== null} kept={null} onBack={back} onClosed={closed} />
		</Stack>
	);
}
