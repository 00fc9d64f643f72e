"""Templates of users: what the shipped ones print as one text is there in parts too."""

from __future__ import annotations

from pathlib import Path

import pytest

from qapigen.compiler.pipeline import Options, analyze, render_all
from tests.compiler.backends.python.constructs import CONSTRUCTS

HEAD = '''\
"""{{ title }}

{{ banner }}
"""

{% if view.constant_members %}
# Members are named as in the schema, some of them all upper case.
# pyright: reportConstantRedefinition=false

{% endif %}
from __future__ import annotations

{% for group in imports %}
{% for line in group %}
{{ line }}
{% endfor %}

{% endfor %}
{% if annotation_imports %}
if TYPE_CHECKING:
{% for line in annotation_imports %}
    {{ line }}
{% endfor %}

{% endif %}
__all__ = [
{% for name in public %}
    "{{ name }}",
{% endfor %}
]
'''
TYPES = HEAD + """\
{% for class in view.classes %}


{% if class.values is defined %}
class {{ class.py_name }}(Enum):
    {{ class.doc }}
{% if class.schema_name %}

    {{ class.schema_name }}
{% endif %}
{% else %}
{{ class.members }}
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class {{ class.py_name }}(Struct):
    {{ class.doc }}

    {{ class.slots }}
{% endif %}
{% for constant in class.values | default(class.fields) %}
{% if loop.first %}

{% endif %}
    {{ constant.line }}
{% if constant.doc %}
    {{ constant.doc }}
{% endif %}
{% endfor %}
{% if class.init is defined and class.init %}

    {{ class.init }}
{% for line in class.assignments %}
        {{ line }}
{% endfor %}
{% endif %}
{% endfor %}
{% for alias in view.aliases %}
{% if loop.first and view.classes %}

{% endif %}

{{ alias.line }}
{{ alias.doc }}
{% endfor %}
"""
VISIT = (
    HEAD.replace("{% if view.constant_members %}", "{% if false %}").replace(
        "{% if annotation_imports %}", "{% if false %}"
    )
    + """\
{% for item in view.items %}


{% if item.signature is defined %}
{{ item.signature }}
    {{ item.doc }}
{% for line in item.lines %}
    {{ line }}
{% endfor %}
{% else %}
{{ item.line }}
{% endif %}
{% endfor %}
"""
)


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_parts_give_the_same_text(name: str, tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "types.py.j2").write_text(TYPES, encoding="utf-8")
    (tmp_path / "python" / "visit.py.j2").write_text(VISIT, encoding="utf-8")
    construct = CONSTRUCTS[name]
    schema = analyze("demo.json", construct.files.__getitem__, construct.dialect).schema
    assert schema is not None
    backends = ("types", "visit")
    shipped = render_all(schema, Options(backends=backends))
    assert render_all(schema, Options(backends=backends, templates=(tmp_path,))) == shipped
