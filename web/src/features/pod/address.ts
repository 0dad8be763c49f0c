// What the address of a pod says: /pod/ID?ticket=…&contact=…&ts=…&sig=… for the frame, /pod/ID/sign-in for the window.

/** What a link means, as the server checks it. */
export interface PodLink {
  ticket?: string;
  contact?: string;
  ts?: string;
  sig?: string;
}

/** The pod of this page. */
export function ownPod(path: string = location.pathname): string {
  return path.split("/")[2] ?? "";
}

/** Whether this page is the window in which people sign in, and not the frame. */
export function isWindow(path: string = location.pathname): boolean {
  return path.split("/")[3] === "sign-in";
}

/** Which ticket and contact the link names, without what is empty. */
export function readLink(search: string): PodLink {
  const given = new URLSearchParams(search);
  const link: PodLink = {};
  for (const key of ["ticket", "contact", "ts", "sig"] as const) {
    const value = given.get(key);
    if (value) {
      link[key] = value;
    }
  }
  return link;
}
