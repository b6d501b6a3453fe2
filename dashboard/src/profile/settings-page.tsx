import { Button, Group, SegmentedControl, SimpleGrid, Text, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import { roleName } from "../access/roles.ts";
import { useProfile, useSession, useTenant } from "../access/session.ts";
import { useSignOut } from "../access/sign-out.ts";
import { policyQuery } from "../tenants/client-policy.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { useDialog } from "../ui/dialog/use-dialog.ts";
import { Page, Section } from "../ui/page.tsx";
import { Time } from "../ui/time.tsx";
import { AddressDialog } from "./address-dialog.tsx";
import { ChangePassword } from "./change-password.tsx";
import { Fact, Facts } from "./facts.tsx";
import { KeyRequirements, LeakResponse } from "./key-rules.tsx";
import { Mails } from "./mails.tsx";
import { NameDialog } from "./name-dialog.tsx";
import { ProfileFacts } from "./profile-facts.tsx";
import { SignIns } from "./sign-ins.tsx";
import { TenantPolicy } from "./tenant-policy.tsx";

const SCHEMES = [
	{ value: "auto", label: "As this device" },
	{ value: "light", label: "Light" },
	{ value: "dark", label: "Dark" },
];

export default function SettingsPage() {
	const { person, mail } = useSession();
	const profile = useProfile();
	const tenant = useTenant();
	return (
		<Page title="Settings" lead="You, your team, and the API that your keys are for.">
			<PersonSection />
			{person.kind === "member" && (
				<>
					{mail && (
						<Section title="Mails to you">
							<Mails />
						</Section>
					)}
					<SignIns />
				</>
			)}
			<Rules tenant_id={tenant.id} />
			<SimpleGrid cols={{ base: 1, md: profile === null ? 1 : 2 }} spacing="lg">
				<TenantSection />
				{profile !== null && (
					<Section title="The API">
						<ProfileFacts profile={profile} />
					</Section>
				)}
			</SimpleGrid>
		</Page>
	);
}

/** What holds for every key of the tenant. */
function Rules({ tenant_id }: { tenant_id: string }) {
	const { data: policies } = useQuery(policyQuery(tenant_id));
	return (
		<Section title="Rules for keys">
			<TenantPolicy tenant_id={tenant_id} />
			<LeakResponse tenant_id={tenant_id} policies={policies} />
			<KeyRequirements tenant_id={tenant_id} policies={policies} />
		</Section>
	);
}

function PersonSection() {
	const { person, expires_at } = useSession();
	const profile = useProfile();
	const signOut = useSignOut();
	const { colorScheme, setColorScheme } = useMantineColorScheme();
	const naming = useDialog("name");
	const address = useDialog("address");
	const is_portal = person.kind === "portal";
	return (
		<Section title="You">
			<Facts>
				<Fact name="Name">
					<Group gap="4px 12px">
						<bdi>{person.name}</bdi>
						{!is_portal && (
							<Button variant="default" size="compact-sm" onClick={() => naming.open()}>
								Change name
							</Button>
						)}
					</Group>
				</Fact>
				{person.email !== null && (
					<Fact name="E-mail address">
						<Group gap="4px 12px">
							<span className="kw-wrap">{person.email}</span>
							{!is_portal && (
								<Button variant="default" size="compact-sm" onClick={() => address.open()}>
									Change address
								</Button>
							)}
						</Group>
					</Fact>
				)}
				{is_portal && (
					<Fact name="Account">
						You came with a link from {profile ? <bdi>{profile.product_name}</bdi> : "another product"}. Your name, address and password are kept
						there, and changed there.
					</Fact>
				)}
				{!is_portal && (
					<Fact name="Password">
						<PasswordFact />
					</Fact>
				)}
				<Fact name="Light or dark">
					<SegmentedControl
						size="xs"
						aria-label="Light or dark"
						data={SCHEMES}
						value={colorScheme}
						onChange={(value) => setColorScheme(value === "light" || value === "dark" ? value : "auto")}
					/>
				</Fact>
				<Fact name={is_portal ? "This visit ends" : "Signed in until"}>
					<Group gap="sm">
						<Text component="span" inherit>
							<Time value={expires_at} />
						</Text>
						<Button variant="default" size="compact-sm" onClick={() => void signOut()}>
							{is_portal ? "End this visit" : "Sign out"}
						</Button>
					</Group>
				</Fact>
			</Facts>
			<NameDialog opened={naming.opened} onClose={naming.close} />
			<AddressDialog opened={address.opened} onClose={address.close} />
		</Section>
	);
}

/** The form that changes the password, on request. */
function PasswordFact() {
	const [opened, setOpened] = useState(false);
	const opener = useRef<HTMLButtonElement>(null);
	if (opened)
		return (
			<ChangePassword
				onDone={() => {
					flushSync(() => setOpened(false));
					opener.current?.focus();
				}}
			/>
		);
	return (
		<Button ref={opener} variant="default" size="compact-sm" onClick={() => setOpened(true)}>
			Change password
		</Button>
	);
}

function TenantSection() {
	const { id, name, plan, role, status } = useTenant();
	return (
		<Section title="Your team">
			<Facts>
				<Fact name="Name">
					<bdi>{name}</bdi>
				</Fact>
				<Fact name="Id">
					<Group gap="sm">
						<span className="kw-mono kw-wrap">{id}</span>
						<CopyButton value={id} what="id" size="compact-sm" />
					</Group>
				</Fact>
				<Fact name="Plan">
					<Link to="/plan" search={{ tenant: id }} className="kw-link">
						{plan.name}
					</Link>
				</Fact>
				<Fact name="Your role">{roleName(role)}</Fact>
				{status === "suspended" && <Fact name="State">Suspended: everything can be read, keys can be revoked, nothing else works.</Fact>}
			</Facts>
		</Section>
	);
}
