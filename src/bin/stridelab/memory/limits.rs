//! What bounds this process's memory: the machine, `ulimit`, and the control groups that it is in.

use std::fs;
use std::path::Path;

/// A bound, and how much of it is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MemoryLimit {
    /// Which bound it is: `the control group /jobs/7`.
    pub name: String,
    /// Bytes that this process can still take.
    pub left: u64,
    /// Whether address space counts, used or not.
    pub addresses: bool,
}

/// Every bound that Linux tells of, below `root`, which is `/` but in tests. Other systems tell of none.
pub(super) fn limits(root: &Path) -> Vec<MemoryLimit> {
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap_or_default();
    let mut all = Vec::new();
    if let Some(left) = kilobytes(&read("proc/meminfo"), "MemAvailable:") {
        all.push(MemoryLimit { name: "this machine".into(), left, addresses: false });
    }
    let (bounds, status) = (read("proc/self/limits"), read("proc/self/status"));
    for (line, used, name, addresses) in
        [("Max address space", "VmSize:", "ulimit -v", true), ("Max data size", "VmData:", "ulimit -d", true)]
    {
        let most = bounds.lines().find_map(|l| l.strip_prefix(line)).and_then(|rest| rest.split_whitespace().next());
        if let Some(most) = most.and_then(|most| most.parse::<u64>().ok()) {
            let used = kilobytes(&status, used).unwrap_or_default();
            all.push(MemoryLimit { name: name.into(), left: most.saturating_sub(used), addresses });
        }
    }
    all.extend(groups(root, &read("proc/self/cgroup"), &read("proc/self/mountinfo")));
    all
}

/// `MemAvailable:   2048 kB`
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1 << 10)
}

/// Names of a control group's files, in one of the two versions of their interface.
struct GroupFiles {
    bounds: &'static [&'static str],
    used: &'static str,
    /// Of `memory.stat`: pages of files, which the kernel drops before it refuses anything.
    reclaimable: &'static str,
}

const VERSION_1: GroupFiles = GroupFiles {
    bounds: &["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    reclaimable: "total_inactive_file ",
};
const VERSION_2: GroupFiles =
    GroupFiles { bounds: &["memory.max", "memory.high"], used: "memory.current", reclaimable: "inactive_file " };

/// The bounds of the process's own control group and of all above it.
fn groups(root: &Path, own: &str, mounts: &str) -> Vec<MemoryLimit> {
    let mut all = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let (files_of, kind) = match controllers {
            "" => (VERSION_2, "cgroup2"),
            _ if controllers.split(',').any(|c| c == "memory") => (VERSION_1, "cgroup"),
            _ => continue,
        };
        for (mount, top) in mounts.lines().filter_map(|line| mounted(line, kind)) {
            // In a container the mount may show a part of the hierarchy only.
            let below = path.strip_prefix(&top).unwrap_or(path).trim_matches('/');
            let mut folder = root.join(mount.trim_start_matches('/'));
            let mut name = format!("/{}", top.trim_matches('/'));
            let parts = below.split('/').filter(|part| !part.is_empty() && *part != "..");
            all.extend(bound(&folder, &name, &files_of));
            for part in parts {
                folder.push(part);
                name = format!("{}/{part}", name.trim_end_matches('/'));
                all.extend(bound(&folder, &name, &files_of));
            }
        }
    }
    all
}

/// Where a hierarchy of this kind with the memory controller is mounted, and which group is its top there:
/// `35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory`.
fn mounted(line: &str, kind: &str) -> Option<(String, String)> {
    let (place, what) = line.split_once(" - ")?;
    let place: Vec<_> = place.split(' ').collect();
    let what: Vec<_> = what.split(' ').collect();
    let controls = kind == "cgroup2" || what.last()?.split(',').any(|option| option == "memory");
    let top = place.get(3)?.trim_end_matches('/');
    (*what.first()? == kind && controls).then(|| (place[4].to_owned(), top.to_owned()))
}

fn bound(folder: &Path, name: &str, files_of: &GroupFiles) -> Option<MemoryLimit> {
    let number = |file: &str| fs::read_to_string(folder.join(file)).ok()?.trim().parse::<u64>().ok();
    let most = files_of.bounds.iter().filter_map(|file| number(file)).min()?;
    let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    let files = stat.lines().find_map(|line| line.strip_prefix(files_of.reclaimable)?.trim().parse::<u64>().ok());
    let used = number(files_of.used).unwrap_or_default().saturating_sub(files.unwrap_or_default());
    let left = most.saturating_sub(used);
    // Version 1 writes "none" as a number near 2⁶³.
    (most < 1 << 60).then(|| MemoryLimit { name: format!("the control group {name}"), left, addresses: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<(String, u64)> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        limits(root.path()).into_iter().map(|limit| (limit.name, limit.left >> 20)).collect()
    }

    #[test]
    fn the_machine_and_ulimit_are_read() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max data size             104857600            unlimited            bytes     \n\
                      Max address space         209715200            unlimited            bytes     \n";
        let all = found(&[
            ("proc/meminfo", "MemTotal:  9 kB\nMemAvailable:   2048 kB\n"),
            ("proc/self/limits", limits),
            ("proc/self/status", "VmPeak:\t 999999 kB\nVmSize:\t  51200 kB\nVmData:\t 512000 kB\n"),
        ]);
        let of = |name: &str, left| (name.to_string(), left);
        assert_eq!(all, [of("this machine", 2), of("ulimit -v", 150), of("ulimit -d", 0)]);
        assert_eq!(found(&[]), []);
        assert_eq!(found(&[("proc/self/limits", &limits.replace("209715200", "unlimited"))]).len(), 1);
    }

    /// Every group above the process's own counts, `memory.high` as well, and pages of files do not.
    #[test]
    fn control_groups_of_version_2_are_read() {
        let all = found(&[
            ("proc/self/cgroup", "0::/jobs/7/step\n"),
            ("proc/self/mountinfo", "41 31 0:38 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw\n"),
            ("sys/fs/cgroup/jobs/memory.max", "max\n"),
            ("sys/fs/cgroup/jobs/7/memory.max", "104857600\n"),
            ("sys/fs/cgroup/jobs/7/memory.current", "52428800\n"),
            ("sys/fs/cgroup/jobs/7/memory.stat", "anon 1\ninactive_file 20971520\n"),
            ("sys/fs/cgroup/jobs/7/step/memory.max", "max\n"),
            ("sys/fs/cgroup/jobs/7/step/memory.high", "83886080\n"),
            ("sys/fs/cgroup/jobs/7/step/memory.current", "0\n"),
        ]);
        let of = |name: &str, left| (format!("the control group {name}"), left);
        assert_eq!(all, [of("/jobs/7", 70), of("/jobs/7/step", 80)]);
    }

    /// A container sees its own group as the top of the mount.
    #[test]
    fn control_groups_of_version_1_are_read() {
        let files = [
            ("proc/self/cgroup", "5:devices:/box\n4:cpu,memory:/box/inner\n0::/\n"),
            (
                "proc/self/mountinfo",
                "35 31 0:32 /box /sys/fs/cgroup/memory rw - cgroup cgroup rw,cpu,memory\n\
                 36 31 0:33 /box /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n",
            ),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "125829120\n"),
            ("sys/fs/cgroup/memory/inner/memory.usage_in_bytes", "31457280\n"),
            ("sys/fs/cgroup/memory/inner/memory.stat", "inactive_file 1\ntotal_inactive_file 10485760\n"),
        ];
        assert_eq!(found(&files), [("the control group /box/inner".to_string(), 100)]);
    }
}
