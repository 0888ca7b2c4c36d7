"""C++ text for the checks: comments and literals blanked out, lines kept."""
# SPDX-License-Identifier: Apache-2.0
import re

TOKEN = re.compile(
    r'//(?:\\\n|[^\n])*'
    r'|/\*.*?\*/'
    r'|R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
    re.S)


def _keep_lines(text):
    return "\n" * text.count("\n")


def blank(text, keep_strings=False):
    """The text without comments and, unless they are to be kept, without what literals hold."""
    def replace(match):
        token = match.group(0)
        if token.startswith("//") or token.startswith("/*"):
            return " " + _keep_lines(token)
        if keep_strings:
            return token
        quote = "'" if token.startswith("'") else '"'
        return quote + _keep_lines(token) + quote
    return TOKEN.sub(replace, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
