/** The Trusted Types policy `consentkit`, for pages that require one. */

interface Policy {
  createHTML(text: string): string;
  createScript(text: string): string;
  createScriptURL(text: string): string;
}

declare global {
  interface Window {
    trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
  }
}

/**
 * Returns the policy, or a stand-in where there is none. It lets everything through, and stays inside of this
 * closure: what it sees is the server's own markup, and scripts that the page itself declared.
 */
export function createPolicy(): Policy {
  const same = (text: string) => text;
  const rules: Policy = { createHTML: same, createScript: same, createScriptURL: same };
  return window.trustedTypes?.createPolicy("consentkit", rules) ?? rules;
}

export type { Policy };
