import Configuration
import Foundation
import StrictYAML

/// Reads texts of settings: the environment over the settings file.
///
/// What is empty counts as not set.
struct SettingsReader {
    /// The most bytes of a secret's file: more is another file.
    private static let secretBytesMax = 64 * 1024

    private let environment: [String: String]
    private let file: String?
    private let reader: ConfigReader

    /// Makes a reader.
    ///
    /// - Throws: ``SettingsProblem`` for a file that cannot be read, and for names that are nearly those of settings.
    init(environment: [String: String]) throws(SettingsProblem) {
        self.environment = environment.filter { !$0.value.isEmpty }
        file = self.environment[Setting.settingsFileVariable]
        try Self.refuseMisspelt(self.environment.keys)
        let secrets = Set(Setting.all.filter(\.isSecret).map(\.variable))
        var providers: [any ConfigProvider] = [
            EnvironmentVariablesProvider(
                environmentVariables: self.environment, secretsSpecifier: .specific(secrets))
        ]
        if let file { providers.append(try Self.provider(ofFile: file)) }
        reader = ConfigReader(providers: providers)
    }

    /// A setting's text; nil where it is not set.
    ///
    /// Of a secret, the content of its file counts too.
    ///
    /// - Throws: ``SettingsProblem`` for a text that begins or ends with a space or holds a line break: addresses and tokens
    ///   with one would fail at their first use, and with every message.
    func text(_ setting: Setting) throws(SettingsProblem) -> String? {
        guard let text = try given(setting) else { return nil }
        let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard isPlain, text.first?.isWhitespace != true, text.last?.isWhitespace != true else {
            throw SettingsProblem(
                "\(setting.variable) begins or ends with a space, or holds a line break; write it without")
        }
        return text
    }

    private func given(_ setting: Setting) throws(SettingsProblem) -> String? {
        guard setting.isSecret else { return value(setting) }
        switch (value(setting), value(setting.file)) {
        case (nil, nil): return nil
        case (let text?, nil): return text
        case (nil, let path?): return try Self.content(ofFile: path, for: setting.file)
        case (.some, .some):
            throw SettingsProblem("both \(setting.variable) and \(setting.file.variable) are set: unset one")
        }
    }

    /// A complaint about a setting's value, which it shows unless it is a secret.
    func problem(_ setting: Setting, _ advice: String) -> SettingsProblem {
        let isInEnvironment = environment[setting.variable] != nil
        let name = isInEnvironment ? setting.variable : "\(file ?? ""): \(setting.key)"
        guard !setting.isSecret, let value = value(setting) else {
            return SettingsProblem("\(setting.variable) cannot be used; \(advice)")
        }
        return SettingsProblem("\(name) is `\(value)`; \(advice)")
    }

    private func value(_ setting: Setting) -> String? {
        // Variables of others have no prefix, so that key and variable are one name for all.
        let key = setting.variable.lowercased().split(separator: "_").map(String.init)
        return reader.string(forKey: ConfigKey(key), isSecret: setting.isSecret)
    }

    /// Refuses what was surely meant to be a setting.
    ///
    /// Other names are left alone: container platforms make variables of their own, such as `SLUICE_SERVICE_HOST`.
    private static func refuseMisspelt(_ names: some Sequence<String>) throws(SettingsProblem) {
        let known =
            Setting.all.flatMap { $0.isSecret ? [$0.variable, $0.file.variable] : [$0.variable] }
            .filter { $0.hasPrefix("SLUICE_") } + [Setting.settingsFileVariable]
        for name in names.sorted() where name.hasPrefix("SLUICE_") && !known.contains(name) {
            let ends = known.map { String($0.dropFirst("SLUICE_".count)) }
            guard let meant = nearest(to: String(name.dropFirst("SLUICE_".count)), among: ends) else { continue }
            throw SettingsProblem("\(name) is no setting; did you mean SLUICE_\(meant)?")
        }
    }

    private static func content(ofFile path: String, for setting: Setting) throws(SettingsProblem) -> String {
        guard let handle = FileHandle(forReadingAtPath: path),
            let content = try? handle.read(upToCount: secretBytesMax + 1)
        else {
            throw SettingsProblem(
                "the file that \(setting.variable) names cannot be read: write its path, and let this user read it")
        }
        guard content.count <= secretBytesMax, let text = String(data: content, encoding: .utf8) else {
            throw SettingsProblem(
                "the file that \(setting.variable) names holds no secret: write a text of at most \(secretBytesMax) bytes"
            )
        }
        // One line break at the end is the editor's.
        return text.hasSuffix("\r\n") ? String(text.dropLast()) : text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}

// MARK: - The file

extension SettingsReader {
    /// The settings of a YAML file, in sections: `drain: {seconds: 30}`.
    private static func provider(ofFile file: String) throws(SettingsProblem) -> InMemoryProvider {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        do throws(YAMLProblem) {
            let sections = Dictionary(grouping: allowedInFile) { $0.key.prefix { $0 != "." } }
            let root = try YAMLValue.load(file: file).mapping(keys: sections.keys.map(String.init).sorted())
            for section in root.entries {
                let settings = sections[Substring(section.key)] ?? []
                let names = settings.map { String($0.key.dropFirst(section.key.count + 1)) }
                for secret in Setting.all where secret.isSecret {
                    try refuse(secret, in: section)
                }
                let entries = try section.value.mapping(keys: names).entries
                for entry in entries {
                    guard let setting = settings.first(where: { $0.key == "\(section.key).\(entry.key)" }) else {
                        continue
                    }
                    let key = setting.variable.lowercased().split(separator: "_").map(String.init)
                    values[AbsoluteConfigKey(key)] = ConfigValue(.string(try entry.value.string()), isSecret: false)
                }
            }
        } catch {
            throw SettingsProblem(
                error.line == nil ? "\(error.description); \(Setting.settingsFileVariable) names it" : error.description
            )
        }
        return InMemoryProvider(name: file, values: values)
    }

    /// What may stand in a file: all but secrets, whose files may be named, and what the platform sets.
    private static var allowedInFile: [Setting] {
        Setting.all.filter { $0.variable.hasPrefix("SLUICE_") }.map { $0.isSecret ? $0.file : $0 }
    }

    private static func refuse(_ secret: Setting, in section: YAMLMapping.Entry) throws(YAMLProblem) {
        let found = try section.value.mapping().entries.first { "\(section.key).\($0.key)" == secret.key }
        guard let found else { return }
        throw found.value.problem(
            "a secret does not belong in this file; set \(secret.variable), or name a file in `\(secret.file.key)`")
    }
}
