declare module "*.conf?raw" {
	const text: string;
	export default text;
}
