/** Exit codes, so that a script can tell what to do. They are part of the interface and do not change. */
export const EXIT = {
  ok: 0,
  defect: 1,
  usage: 2,
  configure: 3,
  reauthorize: 4,
  retry: 5,
  distrust: 6,
  declined: 7,
  api: 8,
  cancelled: 130,
} as const

export const EXIT_HELP = `
Exit codes:
    0  done
    1  a defect of this program
    2  wrong usage
    3  something has to be configured: a key, a URL, a permission
    4  the grant has ended: sign in again
    5  try again later
    6  the peer cannot be trusted: check the URL and who is answering
    7  declined
    8  the API answered with an error
  130  interrupted`
