import { SessionList } from "./SessionList";

/** Where one is signed in. */
export function SessionsSettings() {
  return <SessionList />;
}
