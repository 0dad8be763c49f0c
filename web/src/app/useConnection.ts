import { useEffect, useRef, useSyncExternalStore } from "react";
import { connection, type ConnectionState } from "@/api/connection";
import { queries } from "./services";

/** Whether the server can be reached. */
export function useConnection(): ConnectionState {
  return useSyncExternalStore(connection.subscribe, connection.snapshot);
}

/** Listens to the browser as well, and fetches everything on screen again once the connection is back. */
export function useCatchUp(): void {
  const { up } = useConnection();
  const before = useRef(up);
  useEffect(() => {
    const retry = () => connection.retry();
    const lost = () => connection.lost();
    addEventListener("online", retry);
    addEventListener("offline", lost);
    return () => {
      removeEventListener("online", retry);
      removeEventListener("offline", lost);
    };
  }, []);
  useEffect(() => {
    if (up && !before.current) {
      void queries.invalidateQueries();
    }
    before.current = up;
  }, [up]);
}
