"""The commands, what they take, and the exit codes: errors are sentences on stderr, results are on stdout."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from purser_client import config
from purser_client.cli import allocate, costs, explain, login, ls, top
from purser_client.cli.output import Output
from purser_client.problems import Forbidden, NotAuthenticated, OperationFailed, Problem, Unreachable
from purser_client.session import Purser

DONE, REFUSED, USAGE, WHO, UNREACHABLE, NOT_ASKED, UNFINISHED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130
EXIT_CODES = """exit codes:
  0  done
  1  Purser refused; the sentence says why
  2  this command line cannot be read
  3  no token, one that has ended, or one without the scope
  4  Purser gave no answer
  5  nothing was spent because nobody agreed to it
  6  asked for, but it failed or had not ended in time
  130  interrupted; what was asked for goes on"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = build()
    options = parser.parse_args(arguments)
    out = Output(as_json=options.json)
    try:
        code: int = options.run(options, out) or DONE
    except allocate.NotAgreed as declined:
        return out.complain(str(declined), NOT_ASKED)
    except (TimeoutError, OperationFailed) as unfinished:
        return out.complain(str(unfinished), UNFINISHED)
    except Unreachable as silence:
        return out.complain(f"{silence} Check PURSER_URL and that Purser runs.", UNREACHABLE)
    except (NotAuthenticated, Forbidden) as unknown:
        return out.complain(_said(unknown), WHO)
    except Problem as problem:
        return out.complain(_said(problem), REFUSED)
    except ValueError as error:
        return out.complain(str(error), USAGE)
    except BrokenPipeError:
        return out.close_quietly()
    except KeyboardInterrupt:
        return out.complain("Interrupted. What was asked for goes on; purser ls shows it.", INTERRUPTED)
    return code


def build() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="purser",
        description="What is held, what it costs, and why.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="JSON for programs instead of tables")
    shared.add_argument("--url", help="another Purser than PURSER_URL or the one of purser login")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (top, ls, allocate, explain, costs):
        command = commands.add_parser(module.NAME, help=module.HELP, description=module.HELP, parents=[shared])
        module.arguments(command)
        command.set_defaults(run=_connected(module.run))
    command = commands.add_parser(login.NAME, help=login.HELP, description=login.HELP, parents=[shared])
    login.arguments(command)
    command.set_defaults(run=login.run)
    return parser


def _connected(
    run: Callable[[argparse.Namespace, Output, Purser], int | None],
) -> Callable[[argparse.Namespace, Output], int | None]:
    """The command with a connection of its own."""

    def command(options: argparse.Namespace, out: Output) -> int | None:
        found = config.read()
        with Purser(config.checked(options.url) if options.url else found.url, found.token) as purser:
            return run(options, out, purser)

    return command


def _said(problem: Problem) -> str:
    """The sentence, the input at fault, and the id that finds it in the log."""
    where = f" ({problem.field})" if problem.field and problem.field not in problem.detail else ""
    log = f" Request {problem.request_id}." if problem.status >= 500 and problem.request_id else ""
    return f"{problem.detail}{where}{log}"


if __name__ == "__main__":
    sys.exit(main())
