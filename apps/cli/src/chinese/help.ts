import { EventEmitter } from 'node:events'
import { type Command, Help, type Option } from 'commander'
import { columnsOf } from '../columns.ts'
import { HELP_FOOTERS } from './help-footers.ts'
import { HELP_TEXTS } from './help-texts.ts'

const TITLES: Readonly<Record<string, string>> = {
  'Usage:': '用法：',
  'Arguments:': '参数：',
  'Options:': '选项：',
  'Commands:': '命令：',
}

/** Has a command, and those that were added to it, explain itself in Chinese. */
export function explainInChinese(command: Command): void {
  command.description(inChinese(command.description()))
  command.helpOption('-h, --help', '显示帮助')
  for (const option of command.options) option.description = inChinese(option.description)
  for (const argument of command.registeredArguments) argument.description = inChinese(argument.description)
  if (command.commands.length > 0) command.helpCommand('help [command]', '显示某个命令的帮助')
  const footer = HELP_FOOTERS[command.name()]
  // Commander keeps what it is to add as a listener. One of the same name below "bundle" has none.
  if (footer !== undefined && command instanceof EventEmitter && command.listenerCount('afterHelp') > 0) {
    command.removeAllListeners('afterHelp')
    command.addHelpText('after', footer)
  }
  const english = new Help()
  command.configureHelp({
    displayWidth: columnsOf,
    boxWrap: wrapped,
    styleTitle: title => TITLES[title] ?? title,
    optionDescription: option => remarked(english.optionDescription(option), option),
  })
  for (const each of command.commands) explainInChinese(each)
}

function inChinese(text: string): string {
  return HELP_TEXTS[text] ?? text
}

const REMARKS = [
  [/^ \(/, '（'],
  [/\)$/, '）'],
  ['choices: ', '可选：'],
  ['default: none', '默认：无'],
  ['default: ', '默认：'],
] as const

/** What Commander remarks on an option stands behind its description, in English. */
function remarked(text: string, { description }: Option): string {
  const remarks = REMARKS.reduce(
    (said, [english, chinese]) => said.replace(english, chinese),
    text.slice(description.length),
  )
  return description + remarks
}

/** Spaces, or what stays on one line: a Chinese character or a word, with the punctuation that belongs to it. */
const UNITS =
  /\s+|[（“「《]*(?:\p{Script=Han}|[^\p{Script=Han}\s（“「《，。；：、）”」》]+)?[，。；：、）”」》]*/gu

/** Commander breaks lines at spaces only, and Chinese has none. */
function wrapped(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap(line => linesOf(line, width))
    .join('\n')
}

function linesOf(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const [unit] of text.matchAll(UNITS)) {
    if (line !== '' && columnsOf(line) + columnsOf(unit.trimEnd()) > width) {
      lines.push(line.trimEnd())
      line = unit.trimStart()
    } else line += unit
  }
  return [...lines, line.trimEnd()]
}
