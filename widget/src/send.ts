/** What is loaded with the first decision: the entry `send.js`. */
export { createSender as attach } from "./core/sending.ts";
