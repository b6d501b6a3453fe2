import { Button, type ButtonProps, type ModalProps } from "@mantine/core";
import { createContext, type MouseEvent, type ReactNode, use, useState } from "react";
import { flushSync } from "react-dom";
import { Drawer, Modal, type Named } from "../dialog/modal.tsx";
import { DropGuardDialog, useDropGuard } from "./drop-guard.tsx";

interface FormGuard {
	/** Closes the form; asks first if something was filled in. */
	readonly leave: () => void;
	/** What was filled in is saved: closing and navigating no longer ask. */
	readonly finish: () => void;
}

const Guard = createContext<FormGuard>({ leave: () => undefined, finish: () => undefined });

/** The guard of the dialog around a form. */
export const useFormGuard = (): FormGuard => use(Guard);

interface GuardedProps extends Named {
	readonly opened: boolean;
	readonly onClose: () => void;
	readonly title: ReactNode;
	/** What has not happened yet: "The tenant has not been created." */
	readonly undone: string;
	/** The accessible name of the closing button. */
	readonly closing: string;
	/** Whether closing would lose what was typed; by default every change of a field counts. */
	readonly filled?: boolean;
	/** False once the form is done, such as while its result is shown. */
	readonly guarded?: boolean;
	readonly size?: NonNullable<ModalProps["size"]>;
	/** A sheet at the right instead of a dialog. */
	readonly sheet?: boolean;
	/** False while only a button inside may close it. */
	readonly closable?: boolean;
	/** False where the page moves the focus to the result. */
	readonly returnFocus?: boolean;
	readonly onClosed?: () => void;
	readonly children: ReactNode;
}

/** A dialog or sheet with a form: Esc, its closing button and leaving the page ask before what was filled in is dropped. */
export function GuardedModal({
	opened,
	onClose,
	undone,
	closing,
	guarded = true,
	sheet = false,
	closable = true,
	onClosed,
	children,
	...rest
}: GuardedProps) {
	const [changed, setFilled] = useState(false);
	const filled = rest.filled ?? changed;
	const finish = (): void => flushSync(() => setFilled(false));
	const guard = useDropGuard(opened && guarded && filled, () => {
		finish();
		onClose();
	});
	// After the event, because the confirmation listens on the window too and would be closed by the same Esc.
	const leave = (): void => void setTimeout(guard.close);
	/** Choosing an option of a select causes no change event. */
	function notice(event: MouseEvent): void {
		if (event.target instanceof Element && event.target.closest("[role=option]") !== null) setFilled(true);
	}
	function closed(): void {
		setFilled(false);
		onClosed?.();
	}
	const { filled: _filled, ...looks } = rest;
	const shared = {
		opened,
		onClose: leave,
		closeOnEscape: closable && !guard.asking,
		closeOnClickOutside: closable && guarded && !filled && !sheet,
		withCloseButton: closable,
		onExitTransitionEnd: closed,
		...looks,
	};
	const inside = (
		<Guard value={{ leave, finish }}>
			<div onChangeCapture={() => setFilled(true)} onClickCapture={notice}>
				{children}
			</div>
		</Guard>
	);
	return (
		<>
			{sheet ? (
				<Drawer closeButtonProps={{ "aria-label": closing }} {...shared}>
					{inside}
				</Drawer>
			) : (
				<Modal closeButtonProps={{ "aria-label": closing }} {...shared}>
					{inside}
				</Modal>
			)}
			<DropGuardDialog guard={guard} what={undone} />
		</>
	);
}

/** Leaves the form of a `GuardedModal` without saving. */
export function LeaveButton({ children, ...rest }: ButtonProps & { readonly children: ReactNode }) {
	const { leave } = useFormGuard();
	return (
		<Button variant="default" onClick={leave} {...rest}>
			{children}
		</Button>
	);
}
