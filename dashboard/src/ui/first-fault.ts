/** Puts the cursor where the first fault of a form is, once the faults are shown. */
export function goToFirstFault(form: HTMLFormElement): void {
	setTimeout(() => form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
}
