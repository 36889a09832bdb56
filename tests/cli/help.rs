//! What the command shows without training: help, describe, devices and completions.

use super::tool::{Place, needs_adapter};

const OPTIONS: [&str; 20] = [
    "--stride <LIST>",
    "--padding <LIST>",
    "--epochs <N>",
    "--batch-size <N>",
    "--learning-rate <RATE>",
    "--seed <N>",
    "--log-gradients <N>",
    "--limit <N>",
    "--data <DIR>",
    "--classes <N>",
    "--out <DIR>",
    "--force",
    "--init <FILE>",
    "--no-shuffle",
    "--backend <WHERE>",
    "--adapter <NAME|INDEX>",
    "--json",
    "-q, --quiet",
    "-v, --verbose",
    "-h, --help",
];

#[test]
fn help_lists_every_option_and_subcommand() {
    let place = Place::empty();
    for arguments in ["--help", "-h", "help"] {
        let ran = place.fine(arguments);
        assert_eq!(ran.err, "");
        assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
        for words in OPTIONS.iter().chain(&["merge", "describe", "devices", "parity", "completions", "130 interrupted"])
        {
            assert!(ran.out.contains(words), "{arguments} does not say {words}");
        }
        for default in ["1,2", "same,valid", "3", "64", "0.001", "0", "auto", "runs/<date-time>"] {
            assert!(ran.out.contains(&format!("[default: {default}]")), "{arguments}: {default}");
        }
    }
    for (subcommand, words) in [
        ("merge", ".tar.gz"),
        ("predict", "--test-image"),
        ("evaluate", "--data"),
        ("describe", "--image"),
        ("devices", "limits"),
        ("parity", "--seed"),
        ("completions", "<SHELL>"),
    ] {
        let ran = place.fine(&format!("{subcommand} --help"));
        assert!(ran.out.contains(words) && ran.out.contains("Usage: stridelab"), "{}", ran.out);
    }
    assert_eq!(place.fine("--version").out, concat!("stridelab ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn describe_prints_the_specifications_numbers() {
    let place = Place::empty();
    let squeeze = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let of = |arguments: &str| place.fine(arguments).out.lines().map(squeeze).collect::<Vec<_>>();
    let all = of("describe");
    let networks: Vec<&[String]> = all.split(|line| line.is_empty()).collect();
    // sides of conv1, pool1, conv2, pool2; parameters; MACs of conv1, conv2, dense1, dense2, all
    let table = [
        ("stride 1, same", [28, 14, 14, 7], "421,642", ["225,792", "3,612,672", "401,408", "1,280", "4,241,152"]),
        ("stride 2, same", [14, 7, 4, 2], "53,002", ["56,448", "294,912", "32,768", "1,280", "385,408"]),
        ("stride 1, valid", [26, 13, 11, 5], "225,034", ["194,688", "2,230,272", "204,800", "1,280", "2,631,040"]),
        ("stride 2, valid", [13, 6, 2, 1], "28,426", ["48,672", "73,728", "8,192", "1,280", "131,872"]),
    ];
    assert_eq!(networks.len(), table.len(), "{all:#?}");
    for (network, (name, sides, parameters, macs)) in networks.into_iter().zip(table) {
        assert!(network[0].starts_with(name), "{}", network[0]);
        let line = |layer: &str| network.iter().find(|line| line.starts_with(layer)).unwrap();
        for (layer, side) in ["conv1", "pool1", "conv2", "pool2"].into_iter().zip(sides) {
            assert!(line(layer).contains(&format!(" {side} × {side} × ")), "{name}: {}", line(layer));
        }
        for (layer, macs) in ["conv1", "conv2", "dense1", "dense2", "total"].into_iter().zip(macs) {
            assert!(line(layer).ends_with(&format!(" {macs}")), "{name}: {}", line(layer));
        }
        assert!(line("total").contains(parameters), "{name}: {}", line("total"));
    }
    // Top, left, bottom, right: TensorFlow's same is asymmetric at stride 2.
    let same = of("describe --stride 2 --padding same");
    assert!(same.iter().any(|line| line.starts_with("conv1") && line.contains(" 0 0 1 1 ")), "{same:#?}");
    let other = of("describe --stride 1 --padding valid --image 20x24");
    assert!(other.iter().any(|line| line.contains("18 × 22 × 32")), "{other:#?}");
}

#[test]
fn devices_lists_the_adapters_and_the_choice() {
    let place = Place::empty();
    let ran = place.fine("devices");
    assert!(ran.out.contains("\n0: ") || ran.out.starts_with("0: "), "no adapter: run tests/run.sh\n{}", ran.out);
    for words in ["MiB a binding", "storage buffers a stage", "KiB shared memory", "CPU: ", "--backend auto", "take"] {
        assert!(ran.out.contains(words), "{words} is missing in\n{}", ran.out);
    }
    assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
}

/// Each of these variables hides every driver from the Vulkan loader or from wgpu, and is named. Installing another
/// driver would not help. Other systems have other loaders.
#[cfg(target_os = "linux")]
#[test]
fn without_an_adapter_it_says_what_hides_it() {
    use super::tool::{TINY, ended, one_line};

    let place = Place::new();
    let tiny = TINY.replace("--backend cpu", "");
    let cases = [
        ("VK_DRIVER_FILES", "/nonexistent", "names /nonexistent, which is not there"),
        ("VK_ICD_FILENAMES", "/etc/passwd", "is \"/etc/passwd\", and no driver there has an adapter"),
        ("WGPU_BACKEND", "gl", "is \"gl\", which leaves out vulkan"),
        ("VK_LOADER_DRIVERS_DISABLE", "*", "is \"*\""),
    ];
    for (variable, value, why) in cases {
        let run = |arguments: &str| {
            let mut command = place.command(arguments);
            for (variable, _, _) in cases {
                command.env_remove(variable);
            }
            ended(command.env(variable, value).env_remove("VK_ADD_DRIVER_FILES").output().unwrap())
        };
        let devices = run("devices");
        if variable == "VK_LOADER_DRIVERS_DISABLE" && devices.out.starts_with("0: ") {
            println!("this Vulkan loader is older than {variable}");
            continue;
        }
        let unset = format!("unset {variable}");
        assert_eq!((devices.code, devices.err.as_str()), (0, ""));
        assert!(devices.out.contains("--backend auto takes the CPU"), "{}", devices.out);
        assert!(devices.out.contains(why) && devices.out.contains(&unset), "{}", devices.out);

        for arguments in [format!("{tiny} --backend gpu"), format!("{tiny} --adapter 0"), "parity".into()] {
            let words = ["no GPU adapter was found", variable, why, &unset, "--backend cpu"];
            // parity has no --backend, and nobody is told to use it there.
            let words = if arguments == "parity" { &words[..4] } else { &words };
            let ran = run(&arguments);
            one_line(&arguments, &ran, 3, words);
            assert!(!ran.err.contains("install"), "{}", ran.err);
        }
        assert!(!place.at("runs").exists());
    }

    let auto = ended(place.command(&tiny).env("WGPU_BACKEND", "gl").output().unwrap());
    assert_eq!(auto.code, 0, "{}", auto.err);
    let words = ["training on the CPU", "no GPU adapter was found", "WGPU_BACKEND"];
    assert!(words.iter().all(|word| auto.err.contains(word)), "{}", auto.err);
}

#[test]
fn an_unknown_adapter_is_refused_with_those_there_are() {
    let place = Place::new();
    // The number past the last, though its digits may stand in an adapter's name.
    let past = pollster::block_on(stridelab::gpu::adapters()).unwrap().len().to_string();
    for adapter in ["unobtainium", "4711", &past] {
        let arguments = format!("--data data --adapter {adapter}");
        place.refused(&arguments, 3, &[adapter, "found 0: ", "--adapter"]);
    }
    needs_adapter(&place.run("--data data --stride 2 --padding same --epochs 1 --limit 64 --adapter 0 --quiet"));
}

#[test]
fn completions_are_scripts() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish"] {
        let ran = place.fine(&format!("completions {shell}"));
        assert!(ran.out.contains("stridelab") && ran.out.contains("learning-rate"), "{shell}: {}", ran.out);
        assert_eq!(ran.err, "");
    }
    let ran = place.run("completions tcsh");
    assert!(ran.code == 2 && ran.err.contains("tcsh") && ran.err.lines().count() == 1, "{}", ran.err);
}
