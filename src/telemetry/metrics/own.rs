//! The process itself, by the names all Prometheus clients use.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::sheet::Sheet;
use crate::telemetry::lines_dropped;
use crate::telemetry::process::{Usage, memory_limit};

#[derive(Debug)]
pub(super) struct OwnFigures;

impl Collector for OwnFigures {
    #[rustfmt::skip]
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        let own = Usage::read();
        if let Some(seconds) = own.cpu_seconds {
            sheet.counter_of_seconds("process_cpu_seconds_total", "Time spent on a processor, user and system.", seconds)?;
        }
        sheet.gauge_if("process_resident_memory_bytes", "Memory in use.", own.resident_bytes)?;
        sheet.gauge_if("process_virtual_memory_bytes", "Memory addressed.", own.virtual_bytes)?;
        sheet.gauge_if("process_open_fds", "Open file descriptors.", own.open_fds)?;
        sheet.gauge_if("process_max_fds", "Most file descriptors that may be open.", own.max_fds)?;
        sheet.gauge_if("process_start_time_seconds", "Start of the process, in seconds since 1970.", own.start_seconds)?;
        sheet.gauge_if("process_threads", "Threads of the process.", own.threads)?;
        sheet.gauge_if("recado_memory_limit_bytes", "Memory the process may use: its container's limit, or the machine's memory.", memory_limit())?;
        sheet.counter("recado_log_lines_dropped_total", "Log lines given up because whoever reads the log did not keep up.", lines_dropped())
    }
}
