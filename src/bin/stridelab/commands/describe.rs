//! `stridelab describe`: the networks without training them.

use stridelab::Result;
use stridelab::model::{Configuration, Network, Possible, possible};
use stridelab::report::text::describe_table;

use crate::args::DescribeArgs;
use crate::errors::{Options, say_left_out};
use crate::terminal::{colour, print, width};

/// Prints a table a configuration.
pub(crate) fn run(args: &DescribeArgs) -> Result<()> {
    let network = |configuration: Configuration| Network::new(args.image, configuration)?.with_classes(args.classes);
    let all = args.grid.configurations()?;
    let Possible { made, left_out } = possible(all, |&configuration| {
        Ok(describe_table(&configuration, &network(configuration)?, colour(), width()))
    })?;
    say_left_out(&left_out, Options::Describe(&args.grid));
    print(&format!("{}\n", made.join("\n\n")))
}
