//! The verdict as a picture: one bar for each aim, longer is better, and one line across all where the aims are.
//!
//! It has no colour of its own for text or ground, so that it can be read on light and on dark pages.

use super::{Standing, shown};

const WIDTH: f64 = 900.0;
const LEFT: f64 = 16.0;
const TOP: f64 = 44.0;
const ROW: f64 = 46.0;
/// Of the bars; the aim stands in the middle, and a bar ends at twice the aim.
const SPAN: f64 = 560.0;
const MOST: f64 = 2.0;

const STYLE: &str = "text{font:14px system-ui,sans-serif;fill:#57606a}.figure{font-weight:600}\
.reached{fill:#2f81f7}.missed{fill:#d4762c}.ground{fill:#8b949e;opacity:.18}.aim{stroke:#57606a;stroke-width:2;\
stroke-dasharray:4 3}@media(prefers-color-scheme:dark){text{fill:#adbac7}.aim{stroke:#adbac7}}";

pub fn svg(standings: &[Standing]) -> String {
    let rows =
        standings.iter().zip(1_u16..).map(|(standing, row)| bar(standing, TOP + ROW * f64::from(row - 1)));
    let rows: Vec<_> = rows.collect();
    let count = f64::from(u16::try_from(rows.len()).unwrap_or(u16::MAX));
    let bottom = TOP + ROW * count;
    let (height, aim) = (bottom + 12.0, LEFT + SPAN / MOST);
    let rows = rows.concat();
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">
<title>Recado beside its aims</title>
<style>{STYLE}</style>
<text x="{LEFT}" y="20">Longer is better. A bar that passes the dashed line has reached its aim; it ends at twice the aim.</text>
{rows}<line class="aim" x1="{aim}" x2="{aim}" y1="{TOP}" y2="{bottom}"/>
</svg>
"#
    )
}

fn bar(standing: &Standing, top: f64) -> String {
    let aim = standing.aim;
    let (share, holds) = (aim.bound.share(standing.median), aim.bound.holds(standing.median));
    let length = SPAN * share.clamp(0.0, MOST) / MOST;
    let class = if holds { "reached" } else { "missed" };
    let (words, bar, right) = (top + 14.0, top + 21.0, LEFT + SPAN + 14.0);
    let (value, limit) = (shown(standing.median), shown(aim.bound.limit()));
    let (title, unit, sign) = (escaped(aim.title), aim.unit, aim.bound.sign());
    format!(
        r#"<text x="{LEFT}" y="{words}">{title}</text>
<rect class="ground" x="{LEFT}" y="{bar}" width="{SPAN}" height="14" rx="2"/>
<rect class="{class}" x="{LEFT}" y="{bar}" width="{length:.1}" height="14" rx="2"/>
<text x="{right}" y="{}"><tspan class="figure">{value} {unit}</tspan>, {class} ({sign} {limit})</text>
"#,
        bar + 12.0
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::super::aims::AIMS;
    use super::*;

    #[test]
    fn every_aim_has_its_bar_and_what_misses_looks_different() {
        let standing = |aim, median| Standing { aim, median, least: median, most: median, rounds: 1 };
        let standings: Vec<_> = AIMS.iter().map(|aim| standing(aim, aim.bound.limit())).collect();
        let drawn = svg(&standings);
        assert_eq!(drawn.matches(r#"class="reached""#).count(), AIMS.len());
        let half = format!(r#"width="{:.1}""#, SPAN / MOST);
        assert_eq!(drawn.matches(&half).count(), AIMS.len());
        assert!(svg(&[standing(&AIMS[0], 0.1)]).contains(r#"class="missed""#));
    }
}
