import { Button, Stack, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { flushSync } from "react-dom";
import { Drawer } from "../../ui/dialog/modal.tsx";
import type { DialogName } from "../../ui/dialog/names.ts";
import { DropGuardDialog, useDropGuard } from "../../ui/form/drop-guard.tsx";
import { type ApiKey, useKeysChanged } from "../queries.ts";
import { ShowOnceGate } from "./gate.tsx";
import { HandoverPanel } from "./handover-panel.tsx";
import { LiveLine } from "./live-line.tsx";
import { ShowOncePanel, type Warning, Warnings } from "./panel.tsx";
import { useShownOnce } from "./secret.ts";

const WIDTH_PX = 600;

/** For a rotation's secret: it cannot be reissued, and the live line waits for the new secret. */
export interface Replacing {
	readonly live: ReactNode;
	/** What happens to it when it is stored nowhere. */
	readonly given_up: string;
}

interface MadeKey {
	readonly key: ApiKey;
	readonly warnings: readonly Warning[];
	readonly replacing?: Replacing;
}

/** The result, shown once: a raw key, or a link for its recipient. */
export type Made =
	| (MadeKey & { readonly kind: "shown"; readonly raw_key: string })
	| (MadeKey & { readonly kind: "handed"; readonly url: string | null; readonly mailed: boolean });

/** The sheet as its form sees it. */
export interface SheetOfForm {
	readonly onMade: (made: Made) => void;
	readonly onFilled: (filled: boolean) => void;
	readonly onCancel: () => void;
}

interface SheetProps {
	readonly name: DialogName;
	readonly tenant_id: string;
	readonly opened: boolean;
	readonly onClose: () => void;
	readonly title: string;
	/** What to do if the page was left while the key was shown. */
	readonly gone?: string;
	/** The form, which calls `onMade`. It may report that it is filled in, so that closing the sheet asks first. */
	readonly form: (sheet: SheetOfForm) => ReactNode;
	/** What has not happened when a filled form is dropped. */
	readonly undone?: string;
}

/** A side sheet: a form, then its result, which only the sheet's state contains, and closes only through the gate. */
export function ShowOnceSheet({ name, tenant_id, opened, onClose, title, gone = GONE, undone = NOTHING_YET, form }: SheetProps) {
	const { value: made, hold, drop, emptied, leaving } = useShownOnce<Made>((held) => held.kind === "shown");
	const [asked, setAsked] = useState(false);
	const [filled, setFilled] = useState(false);
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
	const guard = useDropGuard(opened && filled && made === null, () => {
		setFilled(false);
		finish();
	});
	// After the event, because the confirmation listens on the window too and would be closed by the same Esc.
	const close = (): void => void setTimeout(() => (made?.kind === "shown" ? setAsked(true) : guard.close()));

	return (
		<>
			<Drawer
				name={name}
				opened={opened}
				onClose={close}
				closeOnEscape={!gate && !guard.asking}
				onExitTransitionEnd={() => setFilled(false)}
				closeOnClickOutside={false}
				size={WIDTH_PX}
				title={<TitleText>{getTitle(made, emptied, title)}</TitleText>}
				closeButtonProps={{ "aria-label": "Close" }}
				data-sheet={made?.kind ?? "form"}
			>
				{emptied && made === null ? (
					<Gone text={gone} onClose={finish} />
				) : (
					<Inside tenant_id={tenant_id} made={made} hold={hold} form={form} onDone={close} onFilled={setFilled} />
				)}
			</Drawer>
			<ShowOnceGate
				opened={gate}
				kept={made === null ? null : { tenant_id, key_id: made.key.id }}
				onBack={back}
				onClosed={finish}
				{...(made?.replacing ? { given_up: made.replacing.given_up } : {})}
			/>
			<DropGuardDialog guard={guard} what={undone} />
		</>
	);
}

function getTitle(made: Made | null, emptied: boolean, otherwise: string): string {
	if (made === null) return emptied ? "The key is no longer shown" : otherwise;
	if (made.replacing) return made.kind === "shown" ? `The new key of ${made.key.name}` : `Hand over the new key of ${made.key.name}`;
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
	readonly onFilled: (filled: boolean) => void;
}

function Inside({ tenant_id, made, hold, form, onDone, onFilled }: InsideProps) {
	if (made === null) return form({ onMade: hold, onFilled, onCancel: onDone });
	const { key, warnings, replacing } = made;
	return (
		<Stack gap="lg">
			{made.kind === "shown" ? (
				<ShowOncePanel
					tenant_id={tenant_id}
					key_id={key.id}
					name={key.name}
					raw_key={made.raw_key}
					warnings={warnings}
					live={replacing?.live ?? <LiveLine tenant_id={tenant_id} key_id={key.id} />}
					{...(replacing ? {} : { onReissued: (raw_key: string) => hold({ ...made, raw_key }) })}
				/>
			) : (
				<>
					<HandoverPanel
						tenant_id={tenant_id}
						apiKey={key}
						url={made.url}
						mailed={made.mailed}
						onUrl={(url) => hold({ ...made, url, mailed: false })}
						{...(replacing ? { live: replacing.live } : {})}
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

const NOTHING_YET = "No key has been made.";
const GONE = "While it was never used, another can be issued in its place from the page of the key.";

function Gone({ text, onClose }: { text: string; onClose: () => void }) {
	return (
		<Stack gap="md" align="flex-start">
			<Text>You left this page while the key was shown. It was not kept. {text}</Text>
			<Button variant="default" onClick={onClose}>
				Close
			</Button>
		</Stack>
	);
}
