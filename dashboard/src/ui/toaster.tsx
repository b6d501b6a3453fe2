import { Notifications, notifications } from "@mantine/notifications";

/** Below dialogs and sheets (200), above the rail and a phone's bottom bar, so that a toast never covers a decision. */
const BELOW_DIALOGS = 150;
const SHOWN_MS = 5_000;

interface ToastOptions {
	readonly title?: string;
	/** How long it stays; by default five seconds. */
	readonly shown_ms?: number;
}

function show(color: string, message: string, { title, shown_ms = SHOWN_MS }: ToastOptions): void {
	notifications.show({ message, color, autoClose: shown_ms, ...(title === undefined ? {} : { title }) });
}

/** Short messages about a person's action. Decisions are on the page or in a dialog instead. */
export const toaster = {
	/** Something works from now on, or is done. */
	done: (message: string, options: ToastOptions = {}): void => show("teal", message, options),
	/** Something changed that is neither good nor bad. */
	noted: (message: string, options: ToastOptions = {}): void => show("gray", message, options),
	/** Something did not happen. Stays until it is closed. */
	failed: (title: string, message: string): void => {
		notifications.show({ title, message, color: "red", autoClose: false });
	},
};

/** Where toasts appear: at the bottom in the middle, away from the primary button and the foot of tables and sheets. */
export function Toaster() {
	return <Notifications position="bottom-center" zIndex={BELOW_DIALOGS} classNames={{ root: "kw-messages" }} />;
}
