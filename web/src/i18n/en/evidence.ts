/** Receipts and the report of verifications. */
export const evidence = {
  receipt: {
    download: "Signed receipt of this verification of {{name}}",
    short: "Receipt",
  },
};
