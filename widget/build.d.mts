/** Returns the bytes of every file that the package ships, by name. */
export function build(): Promise<Map<string, Uint8Array>>;

/** Where the built file of this name stands. */
export function place(name: string): string;
