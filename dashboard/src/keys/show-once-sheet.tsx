import { Button, Drawer, Stack, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { flushSync } from "react-dom";
import { HandoverPanel } from "./handover-panel.tsx";
import { type ApiKey, useKeysChanged } from "./key-data.ts";
import { ShowOnceGate } from "./show-once-gate.tsx";
import { LiveLine } from "./show-once-live.tsx";
import { ShowOncePanel, type Warning, Warnings } from "./show-once-panel.tsx";
import { useShownOnce } from "./show-once-secret.ts";

const WIDTH_PX = 640;

/** What was made and is shown this once: a raw key, or the link by which somebody else gets it. */
export type Made =
	| { readonly kind: "shown"; readonly key: ApiKey; readonly raw_key: string; readonly warnings: readonly Warning[] }
	| { readonly kind: "handed"; readonly key: ApiKey; readonly url: string | null; readonly mailed: boolean; readonly warnings: readonly Warning[] };

interface SheetProps {
	readonly tenant_id: string;
	readonly opened: boolean;
	readonly onClose: () => void;
	readonly title: string;
	/** What comes first; it ends in `onMade`. */
	readonly form: (onMade: (made: Made) => void) => ReactNode;
}

/** A sheet at the side: a form, then what it made, which lives in the sheet's own state and leaves through the gate only. */
export function ShowOnceSheet({ tenant_id, opened, onClose, title, form }: SheetProps) {
	const { value: made, hold, drop, emptied, leaving } = useShownOnce<Made>((held) => held.kind === "shown");
	const [asked, setAsked] = useState(false);
	const changed = useKeysChanged(tenant_id);
	const gate = made?.kind === "shown" && (asked || leaving !== null);

	function finish(): void {
		flushSync(() => {
			drop();
			setAsked(false);
		});
		changed();
		if (leaving) leaving.proceed();
		else onClose();
	}
	function back(): void {
		leaving?.stay();
		setAsked(false);
	}

	return (
		<>
			<Drawer
				opened={opened}
				onClose={() => (made?.kind === "shown" ? setAsked(true) : finish())}
				closeOnEscape={!gate}
				closeOnClickOutside={false}
				position="right"
				size={WIDTH_PX}
				title={<TitleText>{titleOf(made, emptied, title)}</TitleText>}
				closeButtonProps={{ "aria-label": "Close" }}
				data-sheet={made?.kind ?? "form"}
			>
				{emptied && made === null ? (
					<Gone onClose={finish} />
				) : (
					<Inside tenant_id={tenant_id} made={made} hold={hold} form={form} onDone={() => (made?.kind === "shown" ? setAsked(true) : finish())} />
				)}
			</Drawer>
			<ShowOnceGate opened={gate} kept={made === null ? null : { tenant_id, key_id: made.key.id }} onBack={back} onClosed={finish} />
		</>
	);
}

function titleOf(made: Made | null, emptied: boolean, otherwise: string): string {
	if (made === null) return emptied ? "The key is no longer shown" : otherwise;
	return made.kind === "shown" ? `${made.key.name} is ready` : `Hand over ${made.key.name}`;
}

function TitleText({ children }: { children: string }) {
	return (
		<Text component="span" fw={600} fz="lg" className="kw-wrap">
			{children}
		</Text>
	);
}

interface InsideProps extends Pick<SheetProps, "tenant_id" | "form"> {
	readonly made: Made | null;
	readonly hold: (made: Made) => void;
	readonly onDone: () => void;
}

function Inside({ tenant_id, made, hold, form, onDone }: InsideProps) {
	if (made === null) return form(hold);
	const { key, warnings } = made;
	return (
		<Stack gap="lg">
			{made.kind === "shown" ? (
				<ShowOncePanel
					tenant_id={tenant_id}
					key_id={key.id}
					name={key.name}
					raw_key={made.raw_key}
					warnings={warnings}
					live={<LiveLine tenant_id={tenant_id} key_id={key.id} />}
					onReissued={(raw_key) => hold({ ...made, raw_key })}
				/>
			) : (
				<>
					<HandoverPanel
						tenant_id={tenant_id}
						apiKey={key}
						url={made.url}
						mailed={made.mailed}
						onUrl={(url) => hold({ ...made, url, mailed: false })}
					/>
					<Warnings warnings={warnings} />
				</>
			)}
			<Button variant={made.kind === "shown" ? "filled" : "default"} onClick={onDone}>
				{made.kind === "shown" ? "I have stored the key" : "Done"}
			</Button>
		</Stack>
	);
}

function Gone({ onClose }: { onClose: () => void }) {
	return (
		<Stack gap="md" align="flex-start">
			<Text>
				You left this page while the key was shown. It was not kept. While it was never used, another can be issued in its place from the page of the
				key.
			</Text>
			<Button variant="default" onClick={onClose}>
				Close
			</Button>
		</Stack>
	);
}
