//! `stridelab describe`: the networks without training them.

use stridelab::Result;
use stridelab::model::Network;
use stridelab::report::text::describe_table;

use super::configurations;
use crate::args::DescribeArgs;
use crate::terminal::{colour, print, width};

/// Prints a table a configuration.
pub(crate) fn run(args: &DescribeArgs) -> Result<()> {
    let tables = configurations(&args.stride, &args.padding).into_iter().map(|configuration| {
        let network = Network::new(args.image, configuration).map_err(|error| error.at(configuration))?;
        Ok(describe_table(&configuration, &network, colour(), width()))
    });
    let tables: Vec<_> = tables.collect::<Result<_>>()?;
    print(&format!("{}\n", tables.join("\n\n")))
}
