/** Focuses the first invalid field of a form after the errors are rendered. */
export function goToFirstFault(form: HTMLFormElement): void {
	setTimeout(() => form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
}
