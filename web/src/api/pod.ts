// The page of a pod says with each request that it is one: such a request is made with the session of the pod, and with no other.
let pod = "";

/** Makes every request from here on one of a pod. */
export function actInPod(id: string): void {
  pod = id;
}

/** The pod that this page is, or "" in the console. */
export function podId(): string {
  return pod;
}

/** The address of the stream of events, which takes no header. */
export function inPod(url: string): string {
  return pod === "" ? url : `${url}${url.includes("?") ? "&" : "?"}pod=${encodeURIComponent(pod)}`;
}
