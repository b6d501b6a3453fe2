import { lazyDialog } from "../../ui/lazy-dialog.tsx";

/** The dialog that revokes one key; its script is loaded when it is first opened. */
export const RevokeDialog = lazyDialog(
	() => import("./dialog.tsx").then((module) => module.RevokeDialog),
	({ apiKey }) => apiKey !== null,
	{ apiKey: null },
);
