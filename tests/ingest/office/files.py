"""Small Office files, written part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from ingest.loaded import LoadedDocument
from ingest.loader import load_bytes
from ingest.media_type import DOCX, PPTX, XLSX

_OPEN_XML = "http://schemas.openxmlformats.org"
W = f"{_OPEN_XML}/wordprocessingml/2006/main"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": W,
        "r": f"{_OPEN_XML}/officeDocument/2006/relationships",
        "m": f"{_OPEN_XML}/officeDocument/2006/math",
        "a": f"{_OPEN_XML}/drawingml/2006/main",
        "c": f"{_OPEN_XML}/drawingml/2006/chart",
        "dgm": f"{_OPEN_XML}/drawingml/2006/diagram",
        "p": f"{_OPEN_XML}/presentationml/2006/main",
        "mc": f"{_OPEN_XML}/markup-compatibility/2006",
        "v": "urn:schemas-microsoft-com:vml",
        "s": f"{_OPEN_XML}/spreadsheetml/2006/main",
        "xdr": f"{_OPEN_XML}/drawingml/2006/spreadsheetDrawing",
    }.items()
)
Relations = Mapping[str, Mapping[str, tuple[str, str]]]
"""Part to identifier to kind and target; "" is the package itself."""


def package(parts: Mapping[str, str | bytes], relations: Relations) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_OPEN_XML}/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        for part, targets in relations.items():
            folder, _, name = part.rpartition("/")
            links = "".join(
                f'<Relationship Id="{key}" Target="{target}"'
                f' Type="{_OPEN_XML}/officeDocument/2006/relationships/{kind}"/>'
                for key, (kind, target) in targets.items()
            )
            archive.writestr(
                f"{folder}/_rels/{name}.rels".lstrip("/"),
                f'<Relationships xmlns="{_OPEN_XML}/package/2006/relationships">{links}'
                "</Relationships>",
            )
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def word_bytes(
    body: str,
    parts: Mapping[str, str | bytes] | None = None,
    relations: Mapping[str, tuple[str, str]] | None = None,
) -> bytes:
    """A document with this body; `parts` stand in the folder "word", `relations` are the document's."""
    content = {
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"
    }
    content |= {f"word/{name}": part for name, part in (parts or {}).items()}  # type: ignore[dict-item]
    return package(
        content,
        {
            "": {"r1": ("officeDocument", "word/document.xml")},
            "word/document.xml": relations or {},
        },
    )


def word(
    body: str,
    parts: Mapping[str, str | bytes] | None = None,
    relations: Mapping[str, tuple[str, str]] | None = None,
) -> LoadedDocument:
    return load_bytes(word_bytes(body, parts, relations), DOCX)


def paragraph(text: str, properties: str = "", run: str = "") -> str:
    return (
        f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:rPr>{run}</w:rPr>"
        f'<w:t xml:space="preserve">{text}</w:t></w:r></w:p>'
    )


def slides(
    *trees: str, parts: Mapping[str, str | bytes] | None = None, **others: str
) -> LoadedDocument:
    """A presentation whose slides have these shapes; `others` are each slide's relations, kind to target."""
    content: dict[str, str | bytes] = dict(parts or {})
    relations: dict[str, dict[str, tuple[str, str]]] = {
        "": {"r1": ("officeDocument", "ppt/presentation.xml")},
        "ppt/presentation.xml": {},
    }
    entries = ""
    for number, tree in enumerate(trees, 1):
        hidden = ' show="0"' if tree.startswith("HIDDEN") else ""
        name = f"ppt/slides/slide{number}.xml"
        content[name] = (
            f"<p:sld {NAMESPACES}{hidden}><p:cSld><p:spTree>{tree.removeprefix('HIDDEN')}"
            "</p:spTree></p:cSld></p:sld>"
        )
        relations["ppt/presentation.xml"][f"s{number}"] = ("slide", f"slides/slide{number}.xml")
        relations[name] = {kind: (kind, target) for kind, target in others.items()}
        entries += f'<p:sldId id="{255 + number}" r:id="s{number}"/>'
    content["ppt/presentation.xml"] = (
        f"<p:presentation {NAMESPACES}><p:sldIdLst>{entries}</p:sldIdLst></p:presentation>"
    )
    return load_bytes(package(content, relations), PPTX)


def shape(text: str, left: int = 0, top: int = 0, kind: str = "", width: int = 90) -> str:
    lines = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))
    placeholder = f'<p:ph type="{kind}"/>' if kind else ""
    return (
        f"<p:sp><p:nvSpPr><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:spPr><a:xfrm>"
        f'<a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="90"/></a:xfrm></p:spPr>'
        f"<p:txBody>{lines}</p:txBody></p:sp>"
    )


def workbook(
    sheet: str,
    parts: Mapping[str, str | bytes] | None = None,
    relations: Mapping[str, tuple[str, str]] | None = None,
    styles: str = "",
) -> LoadedDocument:
    """A workbook with one sheet of this content; `relations` are the sheet's."""
    content: dict[str, str | bytes] = {
        "xl/workbook.xml": f'<s:workbook {NAMESPACES}><s:sheets><s:sheet name="List" r:id="w"/>'
        "</s:sheets></s:workbook>",
        "xl/worksheets/sheet1.xml": f"<s:worksheet {NAMESPACES}>{sheet}</s:worksheet>",
        "xl/styles.xml": f"<s:styleSheet {NAMESPACES}>{styles}</s:styleSheet>",
        **(parts or {}),
    }
    links = {"w": ("worksheet", "worksheets/sheet1.xml"), "y": ("styles", "styles.xml")}
    root = {"r1": ("officeDocument", "xl/workbook.xml")}
    return load_bytes(
        package(
            content,
            {"": root, "xl/workbook.xml": links, "xl/worksheets/sheet1.xml": relations or {}},
        ),
        XLSX,
    )


def cell(reference: str, value: object, style: int = 0, kind: str = "n") -> str:
    if isinstance(value, str):
        kind, inner = "inlineStr", f"<s:is><s:t>{value}</s:t></s:is>"
    else:
        inner = f"<s:v>{value}</s:v>"
    return f'<s:c r="{reference}" s="{style}" t="{kind}">{inner}</s:c>'


def chart(title: str) -> str:
    """A bar chart of the tons of two towns."""
    return (
        f"<c:chartSpace {NAMESPACES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>{title}</a:t>"
        "</a:r></a:p></c:rich></c:tx></c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef>"
        '<c:strCache><c:pt idx="0"><c:v>Tons</c:v></c:pt></c:strCache></c:strRef></c:tx><c:cat>'
        '<c:strRef><c:strCache><c:pt idx="0"><c:v>Kiel</c:v></c:pt><c:pt idx="1"><c:v>Ulm</c:v>'
        "</c:pt></c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache><c:formatCode>0.0%"
        '</c:formatCode><c:pt idx="0"><c:v>0.125</c:v></c:pt><c:pt idx="1"><c:v>0.5</c:v></c:pt>'
        "</c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>"
    )


CHART_TABLE = "|  | Tons |\n| --- | --- |\n| Kiel | 12.5% |\n| Ulm | 50.0% |"


def diagram(*boxes: str) -> str:
    """A diagram whose second box hangs on the first."""
    points = "".join(
        f'<dgm:pt modelId="{n}"><dgm:t><a:p><a:r><a:t>{box}</a:t></a:r></a:p></dgm:t></dgm:pt>'
        for n, box in enumerate(boxes, 1)
    )
    links = '<dgm:cxn modelId="90" srcId="0" destId="1" srcOrd="0"/>'
    links += '<dgm:cxn modelId="91" srcId="1" destId="2" srcOrd="0"/>'
    links += "".join(
        f'<dgm:cxn modelId="9{n}" srcId="0" destId="{n}" srcOrd="{n}"/>'
        for n in range(3, len(boxes) + 1)
    )
    return (
        f'<dgm:dataModel {NAMESPACES}><dgm:ptLst><dgm:pt modelId="0" type="doc"/>{points}'
        f"</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst></dgm:dataModel>"
    )


def drawing(inner: str) -> str:
    return f"<w:p><w:r><w:drawing>{inner}</w:drawing></w:r></w:p>"
