/** The same tree of keys with any text: what a translation must look like. */
export type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> };
