//! Why there is no adapter, and what would help.

use std::path::{Path, PathBuf};

use crate::error::{Error, Remedy, one_line};

/// Variables that replace the Vulkan loader's own search for drivers. It looks at the first that is set.
const DRIVER_FILES: [&str; 2] = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];
/// Variables that take drivers out of those that the loader has found.
const DRIVER_FILTERS: [&str; 2] = ["VK_LOADER_DRIVERS_DISABLE", "VK_LOADER_DRIVERS_SELECT"];

/// The error of a machine on which no adapter was found: what hides the drivers, where something does.
pub(super) fn none_found() -> Error {
    diagnosis(|name| std::env::var(name).ok(), wgpu::Instance::enabled_backend_features(), software_driver().as_deref())
}

/// The same, of that environment, those backends of this program, and that installed software driver.
fn diagnosis(
    variable: impl Fn(&str) -> Option<String>,
    backends: wgpu::Backends,
    software_driver: Option<&Path>,
) -> Error {
    let error = |why: &str| Error::no_adapter(format!("no GPU adapter was found{why}"));
    let hidden_by = |name: &str, what: &str| {
        error(&format!(": {name} {what}")).advice(format!("unset {name}")).remedy(Remedy::CpuBackend)
    };
    if let Some(names) = variable("WGPU_BACKEND") {
        let hidden = backends - wgpu::Backends::from_comma_list(&names);
        if !hidden.is_empty() {
            let hidden: Vec<_> = hidden.iter_names().map(|(name, _)| name.to_lowercase()).collect();
            return hidden_by("WGPU_BACKEND", &format!("is {names:?}, which leaves out {}", hidden.join(" and ")));
        }
    }
    let set = |&name: &&'static str| variable(name).filter(|value| !value.is_empty()).map(|value| (name, value));
    if let Some((name, files)) = DRIVER_FILES.iter().find_map(set) {
        let missing = std::env::split_paths(&files).find(|file| !file.exists());
        let what = match &missing {
            Some(file) => format!("names {}, which is not there", one_line(file.display())),
            None => format!("is {files:?}, and no driver there has an adapter"),
        };
        return hidden_by(name, &what);
    }
    if let Some((name, pattern)) = DRIVER_FILTERS.iter().find_map(set) {
        return hidden_by(name, &format!("is {pattern:?}, and no driver that it leaves has an adapter"));
    }
    let error = match software_driver {
        // The driver that there would be to install is there.
        Some(file) => error(&format!(", though the driver of {} is installed", one_line(file.display())))
            .advice("set VK_LOADER_DEBUG=error,warn to be told what it lacks"),
        None => error("").remedy(Remedy::InstallDriver),
    };
    error.remedy(Remedy::CpuBackend)
}

/// The file by which Linux' Vulkan loader finds Mesa's software driver.
fn software_driver() -> Option<PathBuf> {
    let folders = ["/etc", "/usr/local/share", "/usr/share"].map(|root| Path::new(root).join("vulkan/icd.d"));
    let files = folders.iter().filter_map(|folder| folder.read_dir().ok()).flatten().flatten();
    files.map(|file| file.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("lvp_icd") && name.ends_with(".json")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_fits_the_cause() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("driver.json");
        std::fs::write(&there, "{}").unwrap();
        let there = there.to_str().unwrap();
        type Variables<'a> = &'a [(&'a str, &'a str)];
        let cases: [(Variables, &str, &str); 8] = [
            (&[], "no GPU adapter was found", "install a Vulkan driver"),
            (&[("WGPU_BACKEND", "vulkan")], "no GPU adapter was found", "install a Vulkan driver"),
            (&[("WGPU_BACKEND", "gl")], "WGPU_BACKEND is \"gl\", which leaves out vulkan", "unset WGPU_BACKEND"),
            (&[("WGPU_BACKEND", "")], "WGPU_BACKEND is \"\", which leaves out vulkan", "unset WGPU_BACKEND"),
            (&[("VK_DRIVER_FILES", "/no.json")], "names /no.json, which is not there", "unset VK_DRIVER_FILES"),
            (&[("VK_DRIVER_FILES", ""), ("VK_ICD_FILENAMES", there)], there, "unset VK_ICD_FILENAMES"),
            (&[("VK_DRIVER_FILES", there), ("VK_ICD_FILENAMES", "/no.json")], there, "unset VK_DRIVER_FILES"),
            (&[("VK_LOADER_DRIVERS_DISABLE", "*lvp*")], "\"*lvp*\"", "unset VK_LOADER_DRIVERS_DISABLE"),
        ];
        for (variables, what, advice) in cases {
            let variable =
                |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, v)| (*v).to_string());
            let error = diagnosis(variable, wgpu::Backends::VULKAN, None);
            assert_eq!(error.exit_code(), 3);
            let problem = error.problem().unwrap();
            assert!(problem.what.contains(what), "{variables:?}: {error}");
            assert_eq!(problem.remedies.len(), 2, "{error}");
            assert!(problem.remedies[0].to_string().contains(advice), "{variables:?}: {error}");
            assert_eq!(problem.remedies[1], Remedy::CpuBackend);
        }
        let installed = diagnosis(|_| None, wgpu::Backends::VULKAN, Some(Path::new("/lvp_icd.json"))).to_string();
        assert!(installed.contains("/lvp_icd.json is installed") && !installed.contains("apt-get"), "{installed}");
    }
}
