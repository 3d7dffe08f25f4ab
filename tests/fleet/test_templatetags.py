"""What a chart's figure carries into its page."""

import json

from fleet.templatetags.purser import data_script


def test_a_figure_ends_no_script_whatever_its_names_are():
    figure = {"data": [{"name": "</script><img src=x onerror=alert(1)>&amp;\u2028", "y": [1.5, None]}]}
    text = str(data_script(figure, "figure-cost"))
    inner = text.removeprefix('<script id="figure-cost" type="application/json">').removesuffix("</script>")
    assert not set("<>&") & set(inner)
    assert json.loads(inner) == figure
