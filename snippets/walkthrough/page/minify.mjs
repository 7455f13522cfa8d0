// node minify.mjs TERSER_DIR FILE...
//
// Writes the scripts of a built site anew, without what only their readers need: comments,
// margins, long private names. Each stays a module of its own, with the same exports.
import fs from "node:fs";
import path from "node:path";
import {pathToFileURL} from "node:url";

const [terser, ...files] = process.argv.slice(2);
const main = path.join(path.resolve(terser), "main.js");
const {minify} = await import(pathToFileURL(main));
for (const file of files) {
  const code = fs.readFileSync(file, "utf8");
  const options = {module: true, ecma: 2022, compress: {passes: 2, ecma: 2022, unsafe_arrows: true}};
  const small = (await minify(code, options)).code;
  fs.writeFileSync(file, small);
}
