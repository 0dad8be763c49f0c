import { useEffect, useState } from "react";
import { serverNow } from "@/api/serverTime";

/** The time, by the server's clock, renewed every `every` milliseconds; 0 stops it. */
export function useNow(every = 1000): Date {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    if (every === 0) {
      return;
    }
    const timer = setInterval(() => setNow(serverNow()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
