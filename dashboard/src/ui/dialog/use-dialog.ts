import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import type { DialogName } from "./names.ts";

export interface AddressedDialog {
	readonly opened: boolean;
	/** What it is about; null while it is closed, or where the page says it. */
	readonly of: string | null;
	/** Adds an entry to the history, so that Back closes the dialog. */
	readonly open: (of?: string) => void;
	/** Replaces that entry. Does nothing once the page was left. */
	readonly close: () => void;
}

/**
 * A dialog that the address opens: a reload keeps it, Back closes it, and a link can lead to it. An address only opens a dialog, so a link of a
 * stranger does nothing without a click. The page decides whether this person may open it.
 */
export function useDialog(name: DialogName): AddressedDialog {
	const { dialog, of } = useSearch({ strict: false });
	const navigate = useNavigate();
	const router = useRouter();
	const opened = dialog === name;
	const open = useCallback(
		(about?: string) =>
			void navigate({
				to: ".",
				search: ({ of: _of, ...now }) => ({ ...now, dialog: name, ...(about === undefined ? {} : { of: about }) }),
				resetScroll: false,
			}),
		[navigate, name],
	);
	const close = useCallback(() => {
		if (router.latestLocation.search.dialog !== name) return;
		void navigate({ to: ".", search: ({ dialog: _dialog, of: _of, ...now }) => now, replace: true, resetScroll: false });
	}, [navigate, router, name]);
	return { opened, of: opened ? (of ?? null) : null, open, close };
}

/**
 * Whether a dialog is open, for a person who may open it. It stays open when they lose the right, or when what it is about is gone: what they typed
 * does not vanish, and the server's answer says why nothing is done.
 */
export function useStaying(opened: boolean, may: boolean): boolean {
	const [was, setWas] = useState(false);
	const is = opened && (was || may);
	if (is !== was) setWas(is);
	return is;
}

/** The last value that was there: what a dialog shows while it closes. */
export function useKept<T>(value: T | null | undefined): T | null {
	const [kept, setKept] = useState<T | null>(null);
	if (value !== null && value !== undefined && value !== kept) setKept(() => value);
	return value ?? kept;
}
