// What citation-js reads in our exports of publications, as CSL-JSON by the name of the format.
import { plugins } from '@citation-js/core'
import '@citation-js/plugin-bibtex'
import '@citation-js/plugin-ris'

const TYPES = { csl: '@csl/list+object', bibtex: '@biblatex/text', biblatex: '@biblatex/text', ris: '@ris/file' }

const address = process.argv[2]
const read = {}
for (const [format, forceType] of Object.entries(TYPES)) {
  const answer = await fetch(`${address}/v1/publications?as=${format}&sort=slug`)
  if (!answer.ok) throw new Error(`${format}: ${answer.status}`)
  const given = format === 'csl' ? await answer.json() : await answer.text()
  read[format] = plugins.input.chain(given, { forceType, generateGraph: false })
}
console.log(JSON.stringify(read))
