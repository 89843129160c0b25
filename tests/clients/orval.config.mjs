// BASE is the address of the knowledge base that the client will ask.
export default {
  "knowledge-base": {
    input: "build/openapi.json",
    output: { target: "build/orval/client.ts", client: "fetch", mode: "single", baseUrl: process.env["BASE"] },
  },
};
