import {
	Drawer as MantineDrawer,
	type DrawerProps as MantineDrawerProps,
	Modal as MantineModal,
	type ModalProps as MantineModalProps,
} from "@mantine/core";
import type { DialogName } from "./names.ts";

/**
 * The name in the address that opens it. `question`: a question or a result that follows from a click and would mean nothing without it, such as
 * whether to drop what was typed.
 */
export interface Named {
	readonly name: DialogName | "question";
}

export function Modal({ name, ...props }: MantineModalProps & Named) {
	return <MantineModal data-dialog={name} {...props} />;
}

/** A sheet at the right. */
export function Drawer({ name, ...props }: MantineDrawerProps & Named) {
	return <MantineDrawer position="right" data-dialog={name} {...props} />;
}
