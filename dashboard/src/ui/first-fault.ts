/** Focuses the first invalid field of a form after the errors are rendered. A group of controls marks its first one with `data-fault`. */
export function goToFirstFault(form: HTMLFormElement): void {
	setTimeout(() => form.querySelector<HTMLElement>("[aria-invalid=true], [data-fault]")?.focus());
}
