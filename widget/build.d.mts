/** Returns the bytes of every file that the package ships, by name. */
export function build(): Promise<Map<string, Uint8Array>>;
