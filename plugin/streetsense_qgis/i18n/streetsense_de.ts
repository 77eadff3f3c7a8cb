<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
    <context>
        <name>Connection</name>
        <message>
            <location filename="../connection/address.py" />
            <source>'{address}' is no address of an engine; write it as https://host:8765.</source>
            <translation>„{address}“ ist keine Adresse einer Engine; schreiben Sie sie wie https://host:8765.</translation>
        </message>
        <message>
            <location filename="../connection/disk.py" />
            <source>The disk is full, so {path} could not be written; make room and try again.</source>
            <translation>Die Platte ist voll, deshalb konnte {path} nicht geschrieben werden; schaffen Sie Platz und versuchen Sie es noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/disk.py" />
            <source>{path} is in use or not yours to change; close what uses it or choose another place.</source>
            <translation>{path} wird gerade benutzt oder darf von Ihnen nicht geändert werden; schließen Sie, was es benutzt, oder wählen Sie einen anderen Ort.</translation>
        </message>
        <message>
            <location filename="../connection/disk.py" />
            <source>{path} is not there any more; choose it again.</source>
            <translation>{path} ist nicht mehr da; wählen Sie die Datei noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/disk.py" />
            <source>{path} lies on a disk that cannot be written to; choose another place.</source>
            <translation>{path} liegt auf einer Platte, auf die nicht geschrieben werden kann; wählen Sie einen anderen Ort.</translation>
        </message>
        <message>
            <location filename="../connection/disk.py" />
            <source>{path} cannot be read or written ({reason}); check the disk.</source>
            <translation>{path} kann nicht gelesen oder geschrieben werden ({reason}); prüfen Sie die Platte.</translation>
        </message>
        <message>
            <location filename="../connection/downloading.py" />
            <source>The file changes all the time; wait until its job has ended.</source>
            <translation>Die Datei ändert sich ständig; warten Sie, bis ihr Auftrag beendet ist.</translation>
        </message>
        <message>
            <location filename="../connection/downloading.py" />
            <source>Downloading {name}</source>
            <translation>{name} wird heruntergeladen</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>The engine at {address} is newer ({engine}) than StreetSense in QGIS ({here}); update StreetSense in QGIS' list of extensions.</source>
            <translation>Die Engine unter {address} ist neuer ({engine}) als StreetSense in QGIS ({here}); aktualisieren Sie StreetSense in der Erweiterungsliste von QGIS.</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>The engine at {address} is older ({engine}) than StreetSense in QGIS ({here}); update the engine in the settings, or ask its administrator to.</source>
            <translation>Die Engine unter {address} ist älter ({engine}) als StreetSense in QGIS ({here}); aktualisieren Sie die Engine in den Einstellungen, oder bitten Sie ihre Verwaltung darum.</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>The engine in {python} has version {engine} and StreetSense in QGIS {here}; install streetsense {here} there, or let StreetSense install its own engine.</source>
            <translation>Die Engine in {python} hat Version {engine}, StreetSense in QGIS {here}; installieren Sie dort streetsense {here}, oder lassen Sie StreetSense seine eigene Engine installieren.</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>The engine has version {engine} and StreetSense in QGIS {here}; press 'Install or update the engine…' in the settings of StreetSense.</source>
            <translation>Die Engine hat Version {engine}, StreetSense in QGIS {here}; drücken Sie in den Einstellungen von StreetSense „Engine installieren oder aktualisieren …“.</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>The engine has version {engine} and StreetSense in QGIS {here}; ask the engine's administrator to update it.</source>
            <translation>Die Engine hat Version {engine}, StreetSense in QGIS {here}; bitten Sie die Verwaltung der Engine, sie zu aktualisieren.</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>The engine has version {engine} and StreetSense in QGIS {here}; update StreetSense in QGIS' list of extensions.</source>
            <translation>Die Engine hat Version {engine}, StreetSense in QGIS {here}; aktualisieren Sie StreetSense in der Erweiterungsliste von QGIS.</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>Others on the way can read the token and the photos of an address with http://; use https:// instead.</source>
            <translation>Bei einer Adresse mit http:// können andere auf dem Weg das Token und die Fotos lesen; verwenden Sie stattdessen https://.</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>this computer</source>
            <translation>dieser Rechner</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>Connected: {where}, engine {version}, {device}</source>
            <translation>Verbunden: {where}, Engine {version}, {device}</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>{model} ({memory} GB)</source>
            <translation>{model} ({memory} GB)</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>processor ({count} cores)</source>
            <translation>Prozessor ({count} Kerne)</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>processor ({model})</source>
            <translation>Prozessor ({model})</translation>
        </message>
        <message>
            <location filename="../connection/handshake.py" />
            <source>processor</source>
            <translation>Prozessor</translation>
        </message>
        <message>
            <location filename="../connection/inside.py" />
            <source>The engine names a file “{name}” that lies outside its study; do not trust it.</source>
            <translation>Die Engine nennt eine Datei „{name}“ außerhalb ihrer Studie; trauen Sie ihr nicht.</translation>
        </message>
        <message>
            <location filename="../connection/local.py" />
            <source>The Python of the engine, {python}, does not start; install the engine or choose another.</source>
            <translation>Das Python der Engine, {python}, startet nicht; installieren Sie die Engine, oder wählen Sie ein anderes.</translation>
        </message>
        <message>
            <location filename="../connection/local.py" />
            <source>it said nothing</source>
            <translation>ohne ein Wort</translation>
        </message>
        <message>
            <location filename="../connection/local.py" />
            <source>The engine on this computer was ended ({code}, {said}); connect again.</source>
            <translation>Die Engine auf diesem Rechner wurde beendet ({code}, {said}); verbinden Sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/local.py" />
            <source>{python} has no engine; install it, or choose another Python in the settings.</source>
            <translation>{python} hat keine Engine; installieren Sie sie, oder wählen Sie in den Einstellungen ein anderes Python.</translation>
        </message>
        <message>
            <location filename="../connection/local.py" />
            <source>The engine on this computer does not start: {said}</source>
            <translation>Die Engine auf diesem Rechner startet nicht: {said}</translation>
        </message>
        <message>
            <location filename="../connection/local.py" />
            <source>The engine on this computer stopped: {said}</source>
            <translation>Die Engine auf diesem Rechner ist stehen geblieben: {said}</translation>
        </message>
        <message>
            <location filename="../connection/local.py" />
            <source>The engine on this computer did not start within {minutes} minutes; see {log} and try again.</source>
            <translation>Die Engine auf diesem Rechner ist nicht innerhalb von {minutes} Minuten gestartet; sehen Sie in {log} nach, und versuchen Sie es noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/pending.py" />
            <source>This was stopped.</source>
            <translation>Das wurde angehalten.</translation>
        </message>
        <message>
            <location filename="../connection/providerkeys.py" />
            <source>{title}: this can be none, it has spaces or other signs in it; copy it once more.</source>
            <translation>{title}: Das kann keiner sein, er enthält Leerzeichen oder andere Zeichen; kopieren Sie ihn noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/providerkeys.py" />
            <source>{title}: it could not be stored in QGIS' authentication database; check who may write to {file}.</source>
            <translation>{title}: konnte nicht in der Authentifizierungsdatenbank von QGIS gespeichert werden; prüfen Sie, wer {file} schreiben darf.</translation>
        </message>
        <message>
            <location filename="../connection/providerkeys.py" />
            <source>{title}: it could not be taken out of QGIS' authentication database; check who may write to {file}.</source>
            <translation>{title}: konnte nicht aus der Authentifizierungsdatenbank von QGIS entfernt werden; prüfen Sie, wer {file} schreiben darf.</translation>
        </message>
        <message>
            <location filename="../connection/providerkeys.py" />
            <source>The key for {title} cannot be read from QGIS' authentication database; enter it again.</source>
            <translation>Der Schlüssel für {title} lässt sich nicht aus der Authentifizierungsdatenbank von QGIS lesen; geben Sie ihn noch einmal ein.</translation>
        </message>
        <message>
            <location filename="../connection/providerkeys.py" />
            <source>The key for {title} needs QGIS' master password; try again and enter that password.</source>
            <translation>Für den Schlüssel zu {title} wird das Hauptkennwort von QGIS gebraucht; versuchen Sie es noch einmal und geben Sie es ein.</translation>
        </message>
        <message>
            <location filename="../connection/providerkeys.py" />
            <source>The key for {title} is locked with QGIS' master password; press Stop, then Go on, and enter it.</source>
            <translation>Der Schlüssel für {title} ist mit dem Hauptkennwort von QGIS verschlossen; drücken Sie „Anhalten“, dann „Weitermachen“, und geben Sie es ein.</translation>
        </message>
        <message>
            <location filename="../connection/providerkeys.py" />
            <source>QGIS' authentication database is switched off, so keys cannot be kept there.</source>
            <translation>Die Authentifizierungsdatenbank von QGIS ist abgeschaltet; Schlüssel können dort nicht aufbewahrt werden.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>{address} did not answer in time; try again, or look at that computer.</source>
            <translation>{address} hat nicht rechtzeitig geantwortet; versuchen Sie es noch einmal, oder sehen Sie an jenem Rechner nach.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>No engine answers at {address}; check the address and that the engine runs there.</source>
            <translation>Unter {address} antwortet keine Engine; prüfen Sie die Adresse und ob die Engine dort läuft.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>There is no computer named in {address}; check the address and your network.</source>
            <translation>Einen Rechner dieses Namens gibt es nicht ({address}); prüfen Sie die Adresse und Ihr Netz.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>The proxy on the way to {address} cannot be reached; check the proxy in QGIS' settings under Network.</source>
            <translation>Der Proxy auf dem Weg zu {address} ist nicht erreichbar; prüfen Sie den Proxy in den Einstellungen von QGIS unter Netzwerk.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>The proxy on the way to {address} wants a login; enter it in QGIS' settings under Network.</source>
            <translation>Der Proxy auf dem Weg zu {address} verlangt eine Anmeldung; tragen Sie sie in den Einstellungen von QGIS unter Netzwerk ein.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>The connection to {address} broke; try again, or check http:// and https://.</source>
            <translation>Die Verbindung zu {address} ist abgerissen; versuchen Sie es noch einmal, oder prüfen Sie, ob http:// oder https:// richtig ist.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>{address} cannot be reached ({reason}); check the address and your network.</source>
            <translation>{address} ist nicht erreichbar ({reason}); prüfen Sie die Adresse und Ihr Netz.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>The certificate of {address} has expired or is not valid yet; ask its administrator to renew it.</source>
            <translation>Das Zertifikat von {address} ist abgelaufen oder noch nicht gültig; bitten Sie die Verwaltung des Rechners, es zu erneuern.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>The certificate of {address} is for another name; use the name it was made for.</source>
            <translation>Das Zertifikat von {address} gilt für einen anderen Namen; verwenden Sie den Namen, für den es gemacht ist.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>The certificate of {address} is signed by nobody QGIS knows; add it in QGIS' settings under Authentication, Manage Certificates.</source>
            <translation>Das Zertifikat von {address} ist von niemandem unterschrieben, den QGIS kennt; fügen Sie es in den Einstellungen von QGIS unter Authentifizierung, Zertifikate verwalten hinzu.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>{address} offers no secure connection ({reason}); try http:// or check the port.</source>
            <translation>{address} bietet keine sichere Verbindung ({reason}); versuchen Sie http://, oder prüfen Sie den Port.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>{address} sends requests on to another address, where the token does not go; enter that address itself.</source>
            <translation>{address} schickt Anfragen zu einer anderen Adresse weiter, wohin das Token nicht mitgeht; tragen Sie jene Adresse selbst ein.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>{address} refuses the token; enter the one that its administrator gave you.</source>
            <translation>{address} nimmt das Token nicht an; tragen Sie das ein, das Sie von der Verwaltung bekommen haben.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>{address} has too much to do; try again later.</source>
            <translation>{address} hat zu viel zu tun; versuchen Sie es später noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>{address} answers, but not as a StreetSense engine does; check the address.</source>
            <translation>{address} antwortet, aber nicht wie eine StreetSense-Engine; prüfen Sie die Adresse.</translation>
        </message>
        <message>
            <location filename="../connection/reasons.py" />
            <source>{address} has too much to do; try again in {seconds} seconds.</source>
            <translation>{address} hat zu viel zu tun; versuchen Sie es in {seconds} Sekunden noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/session.py" />
            <source>The engine on this computer starts…</source>
            <translation>Die Engine auf diesem Rechner startet …</translation>
        </message>
        <message>
            <location filename="../connection/session.py" />
            <source>Connecting…</source>
            <translation>Verbindung wird hergestellt …</translation>
        </message>
        <message>
            <location filename="../connection/session.py" />
            <source>The engine is not installed on this computer yet.</source>
            <translation>Die Engine ist auf diesem Rechner noch nicht installiert.</translation>
        </message>
        <message>
            <location filename="../connection/session.py" />
            <source>Not connected</source>
            <translation>Nicht verbunden</translation>
        </message>
        <message>
            <location filename="../connection/session.py" />
            <source>This is still the engine from before, since jobs or other windows of QGIS need it; connect again when they have ended.</source>
            <translation>Das ist noch die bisherige Engine, weil Aufträge oder andere Fenster von QGIS sie brauchen; verbinden Sie noch einmal, wenn diese beendet sind.</translation>
        </message>
        <message>
            <location filename="../connection/settings.py" />
            <source>QGIS' settings cannot be written, so the change holds until QGIS is closed; check who may write to {file}.</source>
            <translation>Die Einstellungen von QGIS können nicht geschrieben werden, deshalb gilt die Änderung, bis QGIS geschlossen wird; prüfen Sie, wer in {file} schreiben darf.</translation>
        </message>
        <message>
            <location filename="../connection/settings.py" />
            <source>There is no token yet; enter it in the settings of StreetSense.</source>
            <translation>Es gibt noch kein Token; tragen Sie es in den Einstellungen von StreetSense ein.</translation>
        </message>
        <message>
            <location filename="../connection/settings.py" />
            <source>The token is not in QGIS' authentication database any more; enter it again.</source>
            <translation>Das Token ist nicht mehr in der Authentifizierungsdatenbank von QGIS; tragen Sie es noch einmal ein.</translation>
        </message>
        <message>
            <location filename="../connection/settings.py" />
            <source>The token could not be stored in QGIS' authentication database; check who may write to {file}.</source>
            <translation>Das Token konnte nicht in der Authentifizierungsdatenbank von QGIS gespeichert werden; prüfen Sie, wer in {file} schreiben darf.</translation>
        </message>
        <message>
            <location filename="../connection/settings.py" />
            <source>QGIS' authentication database is switched off, so the token cannot be kept there.</source>
            <translation>Die Authentifizierungsdatenbank von QGIS ist abgeschaltet, deshalb kann das Token dort nicht aufbewahrt werden.</translation>
        </message>
        <message>
            <location filename="../connection/settings.py" />
            <source>The token is locked with QGIS' master password; press Connect and enter that password.</source>
            <translation>Das Token ist mit dem Hauptkennwort von QGIS verschlossen; drücken Sie „Verbinden“, und geben Sie das Kennwort ein.</translation>
        </message>
        <message>
            <location filename="../connection/transport.py" />
            <source>This token cannot be right; copy it again from where you got it.</source>
            <translation>Dieses Token kann nicht stimmen; kopieren Sie es noch einmal von dort, woher Sie es haben.</translation>
        </message>
        <message>
            <location filename="../connection/uploading.py" />
            <source>{path} became shorter while it was sent; try again when nothing writes to it.</source>
            <translation>{path} wurde kürzer, während es gesendet wurde; versuchen Sie es noch einmal, wenn nichts mehr hineinschreibt.</translation>
        </message>
        <message>
            <location filename="../connection/uploading.py" />
            <source>Uploading {name}</source>
            <translation>{name} wird hochgeladen</translation>
        </message>
    </context>
    <context>
        <name>Dock</name>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>Area</source>
            <translation>Gebiet</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>Draw polygon</source>
            <translation>Polygon zeichnen</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>Click the corners; Enter or right click ends, Backspace takes the last corner back, Esc cancels</source>
            <translation>Ecken anklicken; Eingabetaste oder Rechtsklick beendet, Rücktaste nimmt die letzte Ecke zurück, Esc bricht ab</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>Draw rectangle</source>
            <translation>Rechteck zeichnen</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>Drag from corner to corner; Esc cancels</source>
            <translation>Von Ecke zu Ecke ziehen; Esc bricht ab</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>Map extent</source>
            <translation>Kartenausschnitt</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>Take what the map shows now</source>
            <translation>Nehmen, was die Karte jetzt zeigt</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>Selected features</source>
            <translation>Gewählte Objekte</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>Take the selected polygons of the active layer</source>
            <translation>Die gewählten Polygone des aktiven Layers nehmen</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>Try it with a synthetic city</source>
            <translation>Mit einer künstlichen Stadt ausprobieren</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>A made-up city with made-up people: every step works without photos, keys or the network</source>
            <translation>Eine erfundene Stadt mit erfundenen Menschen: Jeder Schritt geht ohne Fotos, Schlüssel und Netz</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>The map shows nothing; add a layer or draw the area.</source>
            <translation>Die Karte zeigt nichts; fügen Sie einen Layer hinzu, oder zeichnen Sie das Gebiet.</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>Choose a polygon layer in the list of layers first.</source>
            <translation>Wählen Sie zuerst einen Polygonlayer in der Layerliste.</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>No polygon of the layer is selected; select one or more.</source>
            <translation>Kein Polygon des Layers ist gewählt; wählen Sie eines oder mehrere.</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>This reaches beyond the world; zoom in, or draw the area.</source>
            <translation>Das reicht über die Welt hinaus; vergrößern Sie die Karte, oder zeichnen Sie das Gebiet.</translation>
        </message>
        <message>
            <location filename="../gui/dock/areastep.py" />
            <source>{km2} km²: that is a whole region. A run of that size takes days; a town has 5 to 200 km².</source>
            <translation>{km2} km²: Das ist eine ganze Region. Ein Lauf dieser Größe dauert Tage; eine Stadt hat 5 bis 200 km².</translation>
        </message>
        <message>
            <location filename="../gui/dock/coveragebox.py" />
            <source>Preview coverage</source>
            <translation>Abdeckung ansehen</translation>
        </message>
        <message>
            <location filename="../gui/dock/coveragebox.py" />
            <source>Stop</source>
            <translation>Anhalten</translation>
        </message>
        <message>
            <location filename="../gui/dock/coveragebox.py" />
            <source>Counts what there is before anything is fetched. As long as the study has no sample points, all captures in the area are counted; a run places the points first, and takes what is near them.</source>
            <translation>Zählt, was es gibt, bevor etwas geholt wird. Solange die Studie keine Stichprobenpunkte hat, werden alle Aufnahmen im Gebiet gezählt; ein Lauf setzt zuerst die Punkte und nimmt, was in ihrer Nähe liegt.</translation>
        </message>
        <message>
            <location filename="../gui/dock/coveragebox.py" />
            <source>Asking…</source>
            <translation>Frage an…</translation>
        </message>
        <message>
            <location filename="../gui/dock/coveragebox.py" />
            <source>Coverage of {provider}</source>
            <translation>Abdeckung von {provider}</translation>
        </message>
        <message>
            <location filename="../gui/dock/coveragebox.py" />
            <source>That was for other choices; preview again.</source>
            <translation>Das galt für eine andere Auswahl; sehen Sie die Abdeckung noch einmal an.</translation>
        </message>
        <message>
            <location filename="../gui/dock/coveragebox.py" />
            <source>That was before the last run; preview again.</source>
            <translation>Das war vor dem letzten Lauf; sehen Sie die Abdeckung noch einmal an.</translation>
        </message>
        <message>
            <location filename="../gui/dock/dock.py" />
            <source>StreetSense</source>
            <translation>StreetSense</translation>
        </message>
        <message>
            <location filename="../gui/dock/dock.py" />
            <source>Results</source>
            <translation>Ergebnisse</translation>
        </message>
        <message>
            <location filename="../gui/dock/dock.py" />
            <source>{size}: a run of that size takes days and a lot of disk. Begin anyway?</source>
            <translation>{size}: Ein Lauf dieser Größe dauert Tage und braucht viel Platz auf der Platte. Trotzdem beginnen?</translation>
        </message>
        <message>
            <location filename="../gui/dock/dock.py" />
            <source>Connect an engine first.</source>
            <translation>Verbinden Sie zuerst eine Engine.</translation>
        </message>
        <message>
            <location filename="../gui/dock/dock.py" />
            <source>A run with this name is under way in this study; wait for it, or change the name.</source>
            <translation>Ein Lauf dieses Namens ist in dieser Studie im Gang; warten Sie auf ihn, oder ändern Sie den Namen.</translation>
        </message>
        <message>
            <location filename="../gui/dock/dock.py" />
            <source>Connect</source>
            <translation>Verbinden</translation>
        </message>
        <message>
            <location filename="../gui/dock/dock.py" />
            <source>Connect again</source>
            <translation>Noch einmal verbinden</translation>
        </message>
        <message>
            <location filename="../gui/dock/dock.py" />
            <source>Install the engine…</source>
            <translation>Engine installieren …</translation>
        </message>
        <message>
            <location filename="../gui/dock/dock.py" />
            <source>Settings…</source>
            <translation>Einstellungen …</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>Store</source>
            <translation>Speichern</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>QGIS keeps it encrypted, for all projects</source>
            <translation>QGIS bewahrt es verschlüsselt auf, für alle Projekte</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>Forget</source>
            <translation>Vergessen</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>Take it out of QGIS again</source>
            <translation>Wieder aus QGIS entfernen</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>Press Store to keep your {title}.</source>
            <translation>Drücken Sie „Speichern“, um dies aufzubewahren: {title}.</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>Enter your {title}.</source>
            <translation>Geben Sie dies ein: {title}.</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>stored; enter another one to change it</source>
            <translation>gespeichert; zum Ändern einen anderen eingeben</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>The engine has one, in an environment variable.</source>
            <translation>Die Engine hat einen, in einer Umgebungsvariablen.</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>The engine has one, in its keyring.</source>
            <translation>Die Engine hat einen, in ihrem Schlüsselbund.</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>The engine has one.</source>
            <translation>Die Engine hat einen.</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>Kept by QGIS, encrypted; it goes to the engine with each request to fetch.</source>
            <translation>Von QGIS verschlüsselt aufbewahrt; geht mit jeder Anfrage zum Holen an die Engine.</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>One that you enter here is used instead.</source>
            <translation>Ein hier eingegebener wird stattdessen verwendet.</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>Needed.</source>
            <translation>Nötig.</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>Optional.</source>
            <translation>Freiwillig.</translation>
        </message>
        <message>
            <location filename="../gui/dock/keyrow.py" />
            <source>Get one…</source>
            <translation>Besorgen…</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Model</source>
            <translation>Modell</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Where places look alike</source>
            <translation>Wo sich Orte gleichen</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>An indicator of areas (income, health, …)</source>
            <translation>Ein Indikator für Flächen (Einkommen, Gesundheit, …)</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>A score of views (perceived safety, …)</source>
            <translation>Ein Wert für Ansichten (empfundene Sicherheit, …)</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Map</source>
            <translation>Karte</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Where the value is known already, in the area: the model learns from it</source>
            <translation>Wo der Wert im Gebiet schon bekannt ist: Daraus lernt das Modell</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Known values</source>
            <translation>Bekannte Werte</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Field</source>
            <translation>Feld</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>What tells the areas apart; their numbers unless chosen</source>
            <translation>Was die Flächen unterscheidet; ihre Nummern, wenn nichts gewählt ist</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Name of areas</source>
            <translation>Name der Flächen</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Made-up values</source>
            <translation>Erfundene Werte</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>%, USD a year, of 10, …</source>
            <translation>%, USD im Jahr, von 10, …</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Measured in</source>
            <translation>Gemessen in</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Areas to map</source>
            <translation>Zu kartierende Flächen</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Area layer</source>
            <translation>Flächenlayer</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>none</source>
            <translation>keine</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>For so many views a layer with pictures is made; the photo viewer shows it for any view</source>
            <translation>Für so viele Ansichten entsteht ein Layer mit Bildern; der Fotobetrachter zeigt es für jede Ansicht</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Attention pictures</source>
            <translation>Aufmerksamkeitsbilder</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>The model that turns a photo into numbers</source>
            <translation>Das Modell, das aus einem Foto Zahlen macht</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Encoder</source>
            <translation>Encoder</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Weights</source>
            <translation>Gewichte</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>File</source>
            <translation>Datei</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>How often all views are looked at while learning; more takes longer</source>
            <translation>Wie oft beim Lernen alle Ansichten angesehen werden; mehr dauert länger</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Passes</source>
            <translation>Durchgänge</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>{name} (in the study)</source>
            <translation>{name} (in der Studie)</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Learn from these views (minutes to hours)</source>
            <translation>Aus diesen Ansichten lernen (Minuten bis Stunden)</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Download one that knows everyday pictures</source>
            <translation>Einen herunterladen, der alltägliche Bilder kennt</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>From a file of weights</source>
            <translation>Aus einer Datei mit Gewichten</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Random weights (only to try)</source>
            <translation>Zufällige Gewichte (nur zum Ausprobieren)</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Needs no known values: places with like photos get like colours.</source>
            <translation>Braucht keine bekannten Werte: Orte mit ähnlichen Fotos bekommen ähnliche Farben.</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Learns from areas where the value is known, tests itself on areas that were left out, and maps its prediction with an interval.</source>
            <translation>Lernt aus Flächen, deren Wert bekannt ist, prüft sich an ausgelassenen Flächen und kartiert seine Vorhersage mit einem Intervall.</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>Learns from points where people rated what they saw.</source>
            <translation>Lernt aus Punkten, an denen Menschen bewertet haben, was sie sahen.</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>the areas of the known values</source>
            <translation>die Flächen der bekannten Werte</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>each view as a point</source>
            <translation>jede Ansicht als Punkt</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>squares of 200 m</source>
            <translation>Quadrate von 200 m</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>squares of 500 m</source>
            <translation>Quadrate von 500 m</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>hexagons (H3, resolution 9: 0.1 km²)</source>
            <translation>Sechsecke (H3, Auflösung 9: 0,1 km²)</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>hexagons (H3, resolution 8: 0.7 km²)</source>
            <translation>Sechsecke (H3, Auflösung 8: 0,7 km²)</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>a polygon layer of this project</source>
            <translation>ein Polygonlayer dieses Projekts</translation>
        </message>
        <message>
            <location filename="../gui/dock/modelstep.py" />
            <source>of 10</source>
            <translation>von 10</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>I confirm this for this study</source>
            <translation>Für diese Studie bestätigt</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>Captured since</source>
            <translation>Aufgenommen ab</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>Captured until</source>
            <translation>Aufgenommen bis</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>Also older captures (history)</source>
            <translation>Auch ältere Aufnahmen (Verlauf)</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>All captures of a place, to compare them in time, instead of the nearest</source>
            <translation>Alle Aufnahmen eines Ortes, um sie zeitlich zu vergleichen, statt der nächstgelegenen</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>set a limit</source>
            <translation>Grenze setzen</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>Cost at most</source>
            <translation>Höchstens ausgeben</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>Advanced: ask one instance alone; one that is not listed must be set up where the engine runs</source>
            <translation>Für Erfahrene: nur eine Instanz fragen; eine, die nicht in der Liste steht, muss dort eingerichtet werden, wo die Engine läuft</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>the engine's usual one</source>
            <translation>die übliche der Engine</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>Instance</source>
            <translation>Instanz</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>{price} US$ for 1,000 photos; fetching ends before they cost more than this</source>
            <translation>{price} US$ für 1000 Fotos; das Holen endet, bevor sie mehr als dies kosten</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>Licence: {licence}.</source>
            <translation>Lizenz: {licence}.</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>Terms…</source>
            <translation>Bedingungen…</translation>
        </message>
        <message>
            <location filename="../gui/dock/providerrows.py" />
            <source>any day</source>
            <translation>beliebig</translation>
        </message>
        <message>
            <location filename="../gui/dock/runlist.py" />
            <source>Results will be listed here.</source>
            <translation>Hier werden die Ergebnisse aufgeführt.</translation>
        </message>
        <message>
            <location filename="../gui/dock/runlist.py" />
            <source>Go on; what is finished is not repeated</source>
            <translation>Weitermachen; was fertig ist, wird nicht wiederholt</translation>
        </message>
        <message>
            <location filename="../gui/dock/runlist.py" />
            <source>Put the layers on the map</source>
            <translation>Die Layer auf die Karte legen</translation>
        </message>
        <message>
            <location filename="../gui/dock/runlist.py" />
            <source>Make a report</source>
            <translation>Einen Bericht erstellen</translation>
        </message>
        <message>
            <location filename="../gui/dock/runlist.py" />
            <source>Make an atlas of the chosen units</source>
            <translation>Einen Atlas der gewählten Raumeinheiten erstellen</translation>
        </message>
        <message>
            <location filename="../gui/dock/runlist.py" />
            <source>Take it off this list; layers and files stay</source>
            <translation>Aus dieser Liste nehmen; Layer und Dateien bleiben</translation>
        </message>
        <message>
            <location filename="../gui/dock/runstep.py" />
            <source>Run</source>
            <translation>Lauf</translation>
        </message>
        <message>
            <location filename="../gui/dock/runstep.py" />
            <source>The engine keeps photos and results under this name; use it again to add</source>
            <translation>Unter diesem Namen bewahrt die Engine Fotos und Ergebnisse auf; derselbe Name fügt hinzu</translation>
        </message>
        <message>
            <location filename="../gui/dock/runstep.py" />
            <source>Study</source>
            <translation>Studie</translation>
        </message>
        <message>
            <location filename="../gui/dock/runstep.py" />
            <source>What the layers are called</source>
            <translation>Wie die Layer heißen</translation>
        </message>
        <message>
            <location filename="../gui/dock/runstep.py" />
            <source>Result</source>
            <translation>Ergebnis</translation>
        </message>
        <message>
            <location filename="../gui/dock/termsdialog.py" />
            <source>Terms of {provider}</source>
            <translation>Bedingungen von {provider}</translation>
        </message>
        <message>
            <location filename="../gui/dock/termsdialog.py" />
            <source>Licence</source>
            <translation>Lizenz</translation>
        </message>
        <message>
            <location filename="../gui/dock/termsdialog.py" />
            <source>To be named</source>
            <translation>Zu nennen</translation>
        </message>
        <message>
            <location filename="../gui/dock/termsdialog.py" />
            <source>In full</source>
            <translation>Vollständig</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Street views</source>
            <translation>Straßenansichten</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Photos from</source>
            <translation>Fotos aus</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>The folder and all folders in it are searched for photos</source>
            <translation>Der Ordner und alle Ordner darin werden nach Fotos durchsucht</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Folder</source>
            <translation>Ordner</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Tables</source>
            <translation>Tabellen</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Where each photo was taken, when and in which direction; not needed where the photos know it</source>
            <translation>Wo, wann und in welcher Richtung jedes Foto aufgenommen wurde; unnötig, wo die Fotos es selbst wissen</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Table (optional)</source>
            <translation>Tabelle (freiwillig)</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Months or days in which the made-up photos are taken, with commas between</source>
            <translation>Monate oder Tage, an denen die erfundenen Fotos aufgenommen werden, mit Kommas dazwischen</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Dates</source>
            <translation>Zeitpunkte</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>no limit</source>
            <translation>unbegrenzt</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>At most (views)</source>
            <translation>Höchstens (Ansichten)</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Sample points are placed along these; views are joined to the nearest one</source>
            <translation>Entlang dieser Straßen werden Stichprobenpunkte gesetzt; Ansichten werden dem nächsten zugeordnet</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>OpenStreetMap (downloaded)</source>
            <translation>OpenStreetMap (wird heruntergeladen)</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Line layer of this project</source>
            <translation>Linienlayer dieses Projekts</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>OpenStreetMap file</source>
            <translation>OpenStreetMap-Datei</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>None</source>
            <translation>Keine</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>The synthetic city's</source>
            <translation>Die der künstlichen Stadt</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Roads</source>
            <translation>Straßen</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Road layer</source>
            <translation>Straßenlayer</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Road file</source>
            <translation>Straßendatei</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>for cars</source>
            <translation>für Autos</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>for walking</source>
            <translation>zu Fuß</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>for bicycles</source>
            <translation>für Fahrräder</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>all</source>
            <translation>alle</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Kind of roads</source>
            <translation>Art der Straßen</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Spacing</source>
            <translation>Abstand</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Where the views that are cut from a panorama look, clockwise</source>
            <translation>Wohin die Ansichten blicken, die aus einem Panorama geschnitten werden, im Uhrzeigersinn</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Look towards</source>
            <translation>Blickrichtungen</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>from the road's direction</source>
            <translation>ab der Richtung der Straße</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>from north</source>
            <translation>ab Norden</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Counted</source>
            <translation>Gezählt</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Give at least one date, such as 2023-06.</source>
            <translation>Geben Sie mindestens einen Zeitpunkt an, etwa 2023-06.</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>There is no photo in this folder; choose another one.</source>
            <translation>In diesem Ordner ist kein Foto; wählen Sie einen anderen.</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>The project has no line layer; add one, or take the roads from OpenStreetMap.</source>
            <translation>Das Projekt hat keinen Linienlayer; fügen Sie einen hinzu, oder nehmen Sie die Straßen aus OpenStreetMap.</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Choose the file with the roads.</source>
            <translation>Wählen Sie die Datei mit den Straßen.</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>Looking for photos…</source>
            <translation>Fotos werden gesucht …</translation>
        </message>
        <message>
            <location filename="../gui/dock/viewsstep.py" />
            <source>{number} photos found</source>
            <translation>{number} Fotos gefunden</translation>
        </message>
        <message>
            <location filename="../gui/dock/yearbars.py" />
            <source>unknown</source>
            <translation>unbekannt</translation>
        </message>
        <message>
            <location filename="../gui/dock/yearbars.py" />
            <source>Captures by year</source>
            <translation>Aufnahmen nach Jahr</translation>
        </message>
        <message>
            <location filename="../gui/runmessages.py" />
            <source>Show</source>
            <translation>Zeigen</translation>
        </message>
        <message>
            <location filename="../runs/providers.py" />
            <source>Photos in a folder</source>
            <translation>Fotos in einem Ordner</translation>
        </message>
        <message>
            <location filename="../runs/providers.py" />
            <source>Synthetic city (made-up photos)</source>
            <translation>Künstliche Stadt (erfundene Fotos)</translation>
        </message>
    </context>
    <context>
        <name>Drawing</name>
        <message>
            <location filename="../gui/drawing/areatool.py" />
            <source>A corner lies outside the world; take it back and set it on the map.</source>
            <translation>Eine Ecke liegt außerhalb der Welt; nehmen Sie sie zurück, und setzen Sie sie auf die Karte.</translation>
        </message>
        <message>
            <location filename="../gui/drawing/areatool.py" />
            <source>Area: {size} km²</source>
            <translation>Gebiet: {size} km²</translation>
        </message>
        <message>
            <location filename="../gui/drawing/polygontool.py" />
            <source>Click the corners of the area; a right click or Enter ends, Backspace undoes, Esc stops.</source>
            <translation>Klicken Sie die Ecken des Gebiets an; Rechtsklick oder Eingabetaste beendet, Rücktaste nimmt zurück, Esc bricht ab.</translation>
        </message>
        <message>
            <location filename="../gui/drawing/polygontool.py" />
            <source>An area needs three corners that do not lie on one line; click one more.</source>
            <translation>Ein Gebiet braucht drei Ecken, die nicht auf einer Linie liegen; klicken Sie noch eine.</translation>
        </message>
        <message>
            <location filename="../gui/drawing/rectangletool.py" />
            <source>Drag a rectangle, or click two opposite corners; Backspace undoes, Esc stops.</source>
            <translation>Ziehen Sie ein Rechteck auf, oder klicken Sie zwei gegenüberliegende Ecken; Rücktaste nimmt zurück, Esc bricht ab.</translation>
        </message>
        <message>
            <location filename="../gui/drawing/rectangletool.py" />
            <source>A rectangle needs two corners that are apart in both directions; click the other one.</source>
            <translation>Ein Rechteck braucht zwei Ecken, die in beiden Richtungen auseinanderliegen; klicken Sie die andere.</translation>
        </message>
    </context>
    <context>
        <name>Install</name>
        <message>
            <location filename="../connection/diskroom.py" />
            <source>The engine needs {needed} of free space in {folder}, and there are {free}: free some space, or choose a data folder on another disk in the settings of StreetSense.</source>
            <translation>Die Engine braucht {needed} freien Platz in {folder}, frei sind {free}: Schaffen Sie Platz, oder wählen Sie in den Einstellungen von StreetSense einen Datenordner auf einer anderen Platte.</translation>
        </message>
        <message>
            <location filename="../connection/enginecheck.py" />
            <source>There is no Python at {python}: choose another file in the settings of StreetSense.</source>
            <translation>Unter {python} gibt es kein Python: Wählen Sie in den Einstellungen von StreetSense eine andere Datei.</translation>
        </message>
        <message>
            <location filename="../connection/enginecheck.py" />
            <source>{python} is Python {found}, and the engine needs 3.11 or later: choose another Python in the settings of StreetSense, or let it install its own.</source>
            <translation>{python} ist Python {found}, die Engine braucht 3.11 oder neuer: Wählen Sie in den Einstellungen von StreetSense ein anderes Python, oder lassen Sie StreetSense ein eigenes einrichten.</translation>
        </message>
        <message>
            <location filename="../connection/enginecheck.py" />
            <source>{python} has version {found} of the engine, and this StreetSense needs {needed}: install streetsense {needed} there, or let StreetSense install its own engine.</source>
            <translation>{python} hat Version {found} der Engine, dieses StreetSense braucht {needed}: Installieren Sie dort streetsense {needed}, oder lassen Sie StreetSense seine eigene Engine installieren.</translation>
        </message>
        <message>
            <location filename="../connection/enginecheck.py" />
            <source>The engine is not in {python}: install the package streetsense there, or let StreetSense install its own engine.</source>
            <translation>In {python} fehlt die Engine: Installieren Sie dort das Paket streetsense, oder lassen Sie StreetSense seine eigene Engine installieren.</translation>
        </message>
        <message>
            <location filename="../connection/enginecheck.py" />
            <source>The engine in {python} does not start ({why}): install it again.</source>
            <translation>Die Engine in {python} startet nicht ({why}): Installieren Sie sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The disk is full: free some space, or choose a data folder on another disk in the settings of StreetSense, then install again.</source>
            <translation>Die Platte ist voll: Schaffen Sie Platz, oder wählen Sie in den Einstellungen von StreetSense einen Datenordner auf einer anderen Platte, und installieren Sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The proxy of this network wants a login: enter its user and password in QGIS' settings (Network), then install again.</source>
            <translation>Der Proxy dieses Netzes verlangt eine Anmeldung: Tragen Sie Benutzer und Kennwort in den Einstellungen von QGIS (Netzwerk) ein, und installieren Sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The engine cannot be downloaded through a SOCKS proxy: set an HTTP proxy in QGIS' settings (Network), or install from a wheel file with its packages.</source>
            <translation>Durch einen SOCKS-Proxy kann die Engine nicht heruntergeladen werden: Stellen Sie in QGIS (Netzwerk) einen HTTP-Proxy ein, oder installieren Sie aus einer Wheel-Datei mit ihren Paketen.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The certificate of the download server is not trusted here, as in networks that read along: ask your IT department for its root certificate and for pip's setting “cert”, then install again.</source>
            <translation>Dem Zertifikat des Servers wird hier nicht vertraut, wie in Netzen, die mitlesen: Lassen Sie sich von Ihrer IT das Stammzertifikat und die pip-Einstellung „cert“ geben, und installieren Sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>A downloaded file is damaged: install again, and where a wheel file is given, get that file again.</source>
            <translation>Eine heruntergeladene Datei ist beschädigt: Installieren Sie noch einmal; ist eine Wheel-Datei angegeben, besorgen Sie diese neu.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The path of the data folder is too long for this system: choose a shorter one, such as a folder at the top of a disk, in the settings of StreetSense.</source>
            <translation>Der Pfad des Datenordners ist für dieses System zu lang: Wählen Sie in den Einstellungen von StreetSense einen kürzeren, etwa einen Ordner ganz oben auf einer Platte.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>Another program holds files of the engine, often a virus scanner or an engine that still runs: close other QGIS windows, except the data folder from scanning if you may, then install again.</source>
            <translation>Ein anderes Programm hält Dateien der Engine fest, oft ein Virenscanner oder eine Engine, die noch läuft: Schließen Sie andere QGIS-Fenster, nehmen Sie den Datenordner vom Scannen aus, wenn Sie dürfen, und installieren Sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>You may not write in the data folder: choose one of your own in the settings of StreetSense, then install again.</source>
            <translation>Sie dürfen im Datenordner nicht schreiben: Wählen Sie in den Einstellungen von StreetSense einen eigenen, und installieren Sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>This system is too old for the engine, or of a kind that it is not built for: update the system, or choose a remote host in the settings of StreetSense.</source>
            <translation>Dieses System ist zu alt für die Engine oder von einer Art, für die es sie nicht gibt: Aktualisieren Sie das System, oder wählen Sie in den Einstellungen von StreetSense einen entfernten Rechner.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>PyTorch does not start, because a library of Windows is missing or old: install the current Microsoft Visual C++ Redistributable (x64), then install again.</source>
            <translation>PyTorch startet nicht, weil eine Bibliothek von Windows fehlt oder alt ist: Installieren Sie das aktuelle Microsoft Visual C++ Redistributable (x64), und installieren Sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>This computer ran out of memory: close other programs, then install again.</source>
            <translation>Diesem Rechner ging der Arbeitsspeicher aus: Schließen Sie andere Programme, und installieren Sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The package index cannot be reached: check the internet connection and the proxy in QGIS' settings (Network), or install from a wheel file with its packages.</source>
            <translation>Das Paketverzeichnis ist nicht erreichbar: Prüfen Sie die Internetverbindung und den Proxy in den Einstellungen von QGIS (Netzwerk), oder installieren Sie aus einer Wheel-Datei mit ihren Paketen.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The package index refuses to answer: try again later, or ask your IT department whether it is blocked.</source>
            <translation>Das Paketverzeichnis verweigert die Antwort: Versuchen Sie es später noch einmal, oder fragen Sie Ihre IT, ob es gesperrt ist.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The package index does not have the version of the engine that belongs to this StreetSense: update StreetSense in QGIS, or give the engine's wheel file.</source>
            <translation>Das Paketverzeichnis hat die Version der Engine nicht, die zu diesem StreetSense gehört: Aktualisieren Sie StreetSense in QGIS, oder geben Sie die Wheel-Datei der Engine an.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The engine cannot be installed with this version of Python: install Python 3.12 from python.org, then install again.</source>
            <translation>Mit dieser Version von Python kann die Engine nicht installiert werden: Installieren Sie Python 3.12 von python.org, und installieren Sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>There is no build of a package that the engine needs for this system: update the system, or choose a remote host in the settings of StreetSense.</source>
            <translation>Für dieses System gibt es ein Paket nicht, das die Engine braucht: Aktualisieren Sie das System, oder wählen Sie in den Einstellungen von StreetSense einen entfernten Rechner.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The packages of the engine do not fit together at the moment: update StreetSense in QGIS, and report it with the log when that does not help.</source>
            <translation>Die Pakete der Engine passen zurzeit nicht zusammen: Aktualisieren Sie StreetSense in QGIS, und melden Sie es mit dem Protokoll, wenn das nicht hilft.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>This Python cannot make environments: install its package for that (python3-venv on Debian and Ubuntu), or Python 3.12 from python.org, then install again.</source>
            <translation>Dieses Python kann keine Umgebungen anlegen: Installieren Sie sein Paket dafür (python3-venv unter Debian und Ubuntu) oder Python 3.12 von python.org, und installieren Sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The processor of this computer is too old for PyTorch: choose a remote host in the settings of StreetSense.</source>
            <translation>Der Prozessor dieses Rechners ist zu alt für PyTorch: Wählen Sie in den Einstellungen von StreetSense einen entfernten Rechner.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>Python does not start ({why}): install the engine again.</source>
            <translation>Python startet nicht ({why}): Installieren Sie die Engine noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>Python did not answer in time: try again when this computer has less to do.</source>
            <translation>Python hat nicht rechtzeitig geantwortet: Versuchen Sie es noch einmal, wenn dieser Rechner weniger zu tun hat.</translation>
        </message>
        <message>
            <location filename="../connection/failures.py" />
            <source>The engine could not be installed: {last} Read the log, or report it with the log, please.</source>
            <translation>Die Engine konnte nicht installiert werden: {last} Lesen Sie bitte das Protokoll, oder melden Sie es mit dem Protokoll.</translation>
        </message>
        <message>
            <location filename="../connection/install.py" />
            <source>Stopping…</source>
            <translation>Wird angehalten …</translation>
        </message>
        <message>
            <location filename="../connection/install.py" />
            <source>Looking for Python…</source>
            <translation>Python wird gesucht …</translation>
        </message>
        <message>
            <location filename="../connection/install.py" />
            <source>Making a place for the engine (Python {version})…</source>
            <translation>Ein Platz für die Engine wird angelegt (Python {version}) …</translation>
        </message>
        <message>
            <location filename="../connection/install.py" />
            <source>Looking for PyTorch…</source>
            <translation>PyTorch wird gesucht …</translation>
        </message>
        <message>
            <location filename="../connection/install.py" />
            <source>PyTorch's own index cannot be used; trying the package index.</source>
            <translation>PyTorchs eigenes Verzeichnis ist nicht brauchbar; das Paketverzeichnis wird versucht.</translation>
        </message>
        <message>
            <location filename="../connection/install.py" />
            <source>Looking for the engine's packages…</source>
            <translation>Die Pakete der Engine werden gesucht …</translation>
        </message>
        <message>
            <location filename="../connection/install.py" />
            <source>Starting the engine for the first time…</source>
            <translation>Die Engine startet zum ersten Mal …</translation>
        </message>
        <message>
            <location filename="../connection/install.py" />
            <source>PyTorch finds no NVIDIA card that it can use here, so the engine computes on the processor: update the card's driver, then start the engine again.</source>
            <translation>PyTorch findet keine NVIDIA-Karte, die es hier nutzen kann, deshalb rechnet die Engine auf dem Prozessor: Aktualisieren Sie den Treiber der Karte, und starten Sie die Engine neu.</translation>
        </message>
        <message>
            <location filename="../connection/install.py" />
            <source>Tidying up…</source>
            <translation>Es wird aufgeräumt …</translation>
        </message>
        <message>
            <location filename="../connection/install.py" />
            <source>The engine is installed.</source>
            <translation>Die Engine ist installiert.</translation>
        </message>
        <message>
            <location filename="../connection/install.py" />
            <source>The installation was cancelled; it can begin again at any time.</source>
            <translation>Die Installation wurde abgebrochen; sie kann jederzeit neu beginnen.</translation>
        </message>
        <message>
            <location filename="../connection/installlock.py" />
            <source>Another QGIS window is installing the engine: wait until it is done there, or cancel it there.</source>
            <translation>Ein anderes QGIS-Fenster installiert die Engine: Warten Sie, bis es dort fertig ist, oder brechen Sie dort ab.</translation>
        </message>
        <message>
            <location filename="../connection/pip_output.py" />
            <source>Looking for packages…</source>
            <translation>Pakete werden gesucht …</translation>
        </message>
        <message>
            <location filename="../connection/pip_output.py" />
            <source>Unpacking {number} packages… (this takes a few minutes on slow disks)</source>
            <translation>{number} Pakete werden entpackt … (auf langsamen Platten einige Minuten)</translation>
        </message>
        <message>
            <location filename="../connection/pip_output.py" />
            <source>Unpacking…</source>
            <translation>Wird entpackt …</translation>
        </message>
        <message>
            <location filename="../connection/pip_output.py" />
            <source>Downloading {package} ({size} {unit})…</source>
            <translation>{package} wird heruntergeladen ({size} {unit}) …</translation>
        </message>
        <message>
            <location filename="../connection/pythons.py" />
            <source>{program} is Python {version}.</source>
            <translation>{program} ist Python {version}.</translation>
        </message>
        <message>
            <location filename="../connection/pythons.py" />
            <source>{program} is a 32-bit Python.</source>
            <translation>{program} ist ein 32-Bit-Python.</translation>
        </message>
        <message>
            <location filename="../connection/pythons.py" />
            <source>{program} is built for Macs with Intel processors, PyTorch is not any more.</source>
            <translation>{program} ist für Macs mit Intel-Prozessor gebaut, PyTorch gibt es dafür nicht mehr.</translation>
        </message>
        <message>
            <location filename="../connection/pythons.py" />
            <source>{program} is the free-threaded build of Python.</source>
            <translation>{program} ist die Ausgabe von Python ohne globale Sperre (free-threaded).</translation>
        </message>
        <message>
            <location filename="../connection/pythons.py" />
            <source>This Linux is too old for PyTorch (it has glibc {version}, 2.28 is the oldest).</source>
            <translation>Dieses Linux ist zu alt für PyTorch (es hat glibc {version}, 2.28 ist die älteste).</translation>
        </message>
        <message>
            <location filename="../connection/pythons.py" />
            <source>{program} cannot make environments ({modules} missing).</source>
            <translation>{program} kann keine Umgebungen anlegen (es fehlt: {modules}).</translation>
        </message>
        <message>
            <location filename="../connection/pythons.py" />
            <source>The engine needs Python 3.11 to 3.14 and there is none on this computer: install Python 3.12 (from python.org or your system's software centre), or choose a remote host in the settings of StreetSense.</source>
            <translation>Die Engine braucht Python 3.11 bis 3.14, und auf diesem Rechner ist keines: Installieren Sie Python 3.12 (von python.org oder aus der Softwareverwaltung Ihres Systems), oder wählen Sie in den Einstellungen von StreetSense einen entfernten Rechner.</translation>
        </message>
        <message>
            <location filename="../connection/pythons.py" />
            <source>Python {version} on this computer cannot make environments: install the package python{version}-venv (Debian, Ubuntu) or its like, then try again.</source>
            <translation>Python {version} auf diesem Rechner kann keine Umgebungen anlegen: Installieren Sie das Paket python{version}-venv (Debian, Ubuntu) oder ein entsprechendes, und versuchen Sie es noch einmal.</translation>
        </message>
        <message>
            <location filename="../connection/pythons.py" />
            <source>{obstacle} The engine needs a complete 64-bit Python 3.11 to 3.14 on a current system: install Python 3.12 from python.org, or choose a remote host in the settings of StreetSense.</source>
            <translation>{obstacle} Die Engine braucht ein vollständiges 64-Bit-Python 3.11 bis 3.14 auf einem aktuellen System: Installieren Sie Python 3.12 von python.org, oder wählen Sie in den Einstellungen von StreetSense einen entfernten Rechner.</translation>
        </message>
        <message>
            <location filename="../connection/wheelfile.py" />
            <source>{file} is no wheel file of the engine: choose a file named like streetsense-{version}-….whl.</source>
            <translation>{file} ist keine Wheel-Datei der Engine: Wählen Sie eine Datei mit einem Namen wie streetsense-{version}-….whl.</translation>
        </message>
        <message>
            <location filename="../connection/wheelfile.py" />
            <source>The wheel file is version {found} of the engine, and this StreetSense needs {needed}: choose the file of that version.</source>
            <translation>Die Wheel-Datei ist Version {found} der Engine, dieses StreetSense braucht {needed}: Wählen Sie die Datei dieser Version.</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>StreetSense engine</source>
            <translation>Engine von StreetSense</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>StreetSense computes with its engine, a program of its own (Python with PyTorch). It is installed once, for you alone and apart from QGIS, which is not changed. You need no administrator's rights.</source>
            <translation>StreetSense rechnet mit seiner Engine, einem eigenen Programm (Python mit PyTorch). Sie wird einmal installiert, für Sie allein und getrennt von QGIS, das unverändert bleibt. Sie brauchen dafür keine Administratorrechte.</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Version</source>
            <translation>Version</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Folder</source>
            <translation>Ordner</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Progress of the installation</source>
            <translation>Fortschritt der Installation</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Processor, for every computer</source>
            <translation>Prozessor, für jeden Rechner</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>NVIDIA graphics card, much faster</source>
            <translation>NVIDIA-Grafikkarte, viel schneller</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Compute with</source>
            <translation>Rechnen mit</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Download it from the package index (internet)</source>
            <translation>Aus dem Paketverzeichnis herunterladen (Internet)</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Use a wheel file of the engine (what it depends on is downloaded)</source>
            <translation>Eine Wheel-Datei der Engine nehmen (was sie braucht, wird heruntergeladen)</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Wheel files (*.whl)</source>
            <translation>Wheel-Dateien (*.whl)</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Wheel file of the engine</source>
            <translation>Wheel-Datei der Engine</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Where from</source>
            <translation>Woher</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Show log</source>
            <translation>Protokoll zeigen</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Install</source>
            <translation>Installieren</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Close</source>
            <translation>Schließen</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>{folder} ({free} free on this disk)</source>
            <translation>{folder} ({free} frei auf dieser Platte)</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Version {version} is installed and up to date. Installing again repairs it.</source>
            <translation>Version {version} ist installiert und aktuell. Noch einmal zu installieren repariert sie.</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Install again</source>
            <translation>Noch einmal installieren</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Version {version} is installed; this StreetSense belongs to another one: update it.</source>
            <translation>Version {version} ist installiert; zu diesem StreetSense gehört eine andere: Aktualisieren Sie sie.</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Update</source>
            <translation>Aktualisieren</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Hide</source>
            <translation>Ausblenden</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Hide log</source>
            <translation>Protokoll ausblenden</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>Try again</source>
            <translation>Noch einmal versuchen</translation>
        </message>
        <message>
            <location filename="../gui/install/dialog.py" />
            <source>{what}: about {download} to download, {disk} on the disk</source>
            <translation>{what}: etwa {download} herunterzuladen, {disk} auf der Platte</translation>
        </message>
    </context>
    <context>
        <name>Jobs</name>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>waiting</source>
            <translation>wartet</translation>
        </message>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>running</source>
            <translation>läuft</translation>
        </message>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>done</source>
            <translation>fertig</translation>
        </message>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>failed</source>
            <translation>gescheitert</translation>
        </message>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>stopped</source>
            <translation>angehalten</translation>
        </message>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>Process</source>
            <translation>Vorgang</translation>
        </message>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>Study</source>
            <translation>Studie</translation>
        </message>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>Progress</source>
            <translation>Fortschritt</translation>
        </message>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>Message</source>
            <translation>Meldung</translation>
        </message>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>Begun</source>
            <translation>Begonnen</translation>
        </message>
        <message>
            <location filename="../gui/jobs/model.py" />
            <source>, {left} left</source>
            <translation>, noch {left}</translation>
        </message>
        <message>
            <location filename="../gui/jobs/panel.py" />
            <source>StreetSense jobs</source>
            <translation>Aufträge von StreetSense</translation>
        </message>
        <message>
            <location filename="../gui/jobs/panel.py" />
            <source>Choose a job to read its log.</source>
            <translation>Wählen Sie einen Auftrag, um sein Protokoll zu lesen.</translation>
        </message>
        <message>
            <location filename="../gui/jobs/panel.py" />
            <source>Stop</source>
            <translation>Anhalten</translation>
        </message>
        <message>
            <location filename="../gui/jobs/panel.py" />
            <source>Run again</source>
            <translation>Noch einmal ausführen</translation>
        </message>
        <message>
            <location filename="../gui/jobs/panel.py" />
            <source>Load results</source>
            <translation>Ergebnisse laden</translation>
        </message>
        <message>
            <location filename="../gui/jobs/panel.py" />
            <source>Take off the list</source>
            <translation>Aus der Liste nehmen</translation>
        </message>
    </context>
    <context>
        <name>Layers</name>
        <message>
            <location filename="../layers/coverage.py" />
            <source>year unknown</source>
            <translation>Jahr unbekannt</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Appearance, component {number}</source>
            <translation>Aussehen, Komponente {number}</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Unit</source>
            <translation>Raumeinheit</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Number of views</source>
            <translation>Zahl der Ansichten</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Like what the model was trained on?</source>
            <translation>Wie das, womit das Modell trainiert wurde?</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Novelty (above 1: unlike the training data)</source>
            <translation>Neuheit (über 1: anders als die Trainingsdaten)</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>View</source>
            <translation>Ansicht</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Provider</source>
            <translation>Anbieter</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Panorama</source>
            <translation>Panorama</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Sequence</source>
            <translation>Folge</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Sample point</source>
            <translation>Stichprobenpunkt</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Captured (as precisely as is known)</source>
            <translation>Aufgenommen (so genau wie bekannt)</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Captured (UTC; start of the month or year if no day is known)</source>
            <translation>Aufgenommen (UTC; Anfang des Monats oder Jahres, wenn der Tag unbekannt ist)</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Year of capture</source>
            <translation>Jahr der Aufnahme</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Panorama?</source>
            <translation>Panorama?</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Would be fetched?</source>
            <translation>Würde geholt?</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Heading [degrees clockwise from north]</source>
            <translation>Blickrichtung [Grad im Uhrzeigersinn von Norden]</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Pitch [degrees, up is positive]</source>
            <translation>Neigung [Grad, nach oben positiv]</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Horizontal field of view [degrees]</source>
            <translation>Waagerechter Bildwinkel [Grad]</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Width [pixels]</source>
            <translation>Breite [Pixel]</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Height [pixels]</source>
            <translation>Höhe [Pixel]</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Licence</source>
            <translation>Lizenz</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Attribution</source>
            <translation>Namensnennung</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>At the provider</source>
            <translation>Beim Anbieter</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Photo</source>
            <translation>Foto</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Road</source>
            <translation>Straße</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Bearing of the road [degrees clockwise from north]</source>
            <translation>Richtung der Straße [Grad im Uhrzeigersinn von Norden]</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Kind of road</source>
            <translation>Art der Straße</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Predicted {target}</source>
            <translation>Vorhergesagt: {target}</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Prediction</source>
            <translation>Vorhersage</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Lower end of the interval</source>
            <translation>Unteres Ende des Intervalls</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>Upper end of the interval</source>
            <translation>Oberes Ende des Intervalls</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>yes</source>
            <translation>ja</translation>
        </message>
        <message>
            <location filename="../layers/fieldnames.py" />
            <source>no: do not rely on it</source>
            <translation>nein: nicht darauf verlassen</translation>
        </message>
        <message>
            <location filename="../layers/predictions.py" />
            <source>{low} to {high}</source>
            <translation>{low} bis {high}</translation>
        </message>
        <message>
            <location filename="../layers/predictions.py" />
            <source>Marked: unlike the training data, do not rely on it</source>
            <translation>Markiert: anders als die Trainingsdaten, nicht darauf verlassen</translation>
        </message>
        <message>
            <location filename="../layers/predictions.py" />
            <source>Interval width</source>
            <translation>Breite des Intervalls</translation>
        </message>
        <message>
            <location filename="../layers/prepare.py" />
            <source>Where the model looked</source>
            <translation>Wohin das Modell geschaut hat</translation>
        </message>
        <message>
            <location filename="../layers/prepare.py" />
            <source>Views</source>
            <translation>Ansichten</translation>
        </message>
        <message>
            <location filename="../layers/prepare.py" />
            <source>Sample points</source>
            <translation>Stichprobenpunkte</translation>
        </message>
        <message>
            <location filename="../layers/prepare.py" />
            <source>Roads</source>
            <translation>Straßen</translation>
        </message>
        <message>
            <location filename="../layers/prepare.py" />
            <source>Captures by year</source>
            <translation>Aufnahmen nach Jahr</translation>
        </message>
        <message>
            <location filename="../layers/prepare.py" />
            <source>{name} (surface)</source>
            <translation>{name} (Oberfläche)</translation>
        </message>
        <message>
            <location filename="../layers/provenance.py" />
            <source>Where street views were taken, and in which direction.</source>
            <translation>Wo Straßenansichten aufgenommen wurden, und in welcher Richtung.</translation>
        </message>
        <message>
            <location filename="../layers/provenance.py" />
            <source>Points along the roads at which street views were looked for.</source>
            <translation>Punkte entlang der Straßen, an denen Straßenansichten gesucht wurden.</translation>
        </message>
        <message>
            <location filename="../layers/provenance.py" />
            <source>The roads that sample points were placed on.</source>
            <translation>Die Straßen, auf die Stichprobenpunkte gesetzt wurden.</translation>
        </message>
        <message>
            <location filename="../layers/provenance.py" />
            <source>What a provider has in the area, before anything was fetched.</source>
            <translation>Was ein Anbieter im Gebiet hat, bevor etwas geholt wurde.</translation>
        </message>
        <message>
            <location filename="../layers/provenance.py" />
            <source>Views with a picture of where the model looked: what it used, not why.</source>
            <translation>Ansichten mit einem Bild davon, wohin das Modell geschaut hat: was es nutzte, nicht warum.</translation>
        </message>
        <message>
            <location filename="../layers/provenance.py" />
            <source>Predictions as a grid. Its cells are no finer knowledge than the units or views.</source>
            <translation>Vorhersagen als Raster. Seine Zellen wissen nicht mehr als die Raumeinheiten oder Ansichten.</translation>
        </message>
        <message>
            <location filename="../layers/provenance.py" />
            <source>Made by StreetSense ({engine}).</source>
            <translation>Erstellt von StreetSense ({engine}).</translation>
        </message>
        <message>
            <location filename="../layers/provenance.py" />
            <source>run: {name}</source>
            <translation>Lauf: {name}</translation>
        </message>
        <message>
            <location filename="../layers/provenance.py" />
            <source>study: {name}</source>
            <translation>Studie: {name}</translation>
        </message>
        <message>
            <location filename="../layers/results.py" />
            <source>The project was closed while results were loading; load them again.</source>
            <translation>Das Projekt wurde geschlossen, während Ergebnisse geladen wurden; laden Sie sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../layers/results.py" />
            <source>The results could not be loaded ({reason}); fetch them again.</source>
            <translation>Die Ergebnisse konnten nicht geladen werden ({reason}); holen Sie sie noch einmal.</translation>
        </message>
        <message>
            <location filename="../layers/rights.py" />
            <source>Reading whom the photos are by</source>
            <translation>Es wird nachgesehen, von wem die Fotos sind</translation>
        </message>
        <message>
            <location filename="../layers/rights.py" />
            <source>and others</source>
            <translation>und andere</translation>
        </message>
        <message>
            <location filename="../layers/sentences.py" />
            <source>between {low} and {high}</source>
            <translation>zwischen {low} und {high}</translation>
        </message>
        <message>
            <location filename="../layers/sentences.py" />
            <source>from {count} views</source>
            <translation>aus {count} Ansichten</translation>
        </message>
        <message>
            <location filename="../layers/sentences.py" />
            <source>Unlike anything the model was trained on: do not rely on this number.</source>
            <translation>Anders als alles, womit das Modell trainiert wurde: Verlassen Sie sich nicht auf diese Zahl.</translation>
        </message>
        <message>
            <location filename="../layers/styling.py" />
            <source>View, with its direction</source>
            <translation>Ansicht mit ihrer Richtung</translation>
        </message>
        <message>
            <location filename="../layers/styling.py" />
            <source>View, direction unknown</source>
            <translation>Ansicht, Richtung unbekannt</translation>
        </message>
        <message>
            <location filename="../layers/styling.py" />
            <source>Views (zoom in to see directions)</source>
            <translation>Ansichten (Richtungen sind vergrößert zu sehen)</translation>
        </message>
        <message>
            <location filename="../layers/tips.py" />
            <source>Click the view to see its photo.</source>
            <translation>Klicken Sie die Ansicht an, um ihr Foto zu sehen.</translation>
        </message>
        <message>
            <location filename="../layers/tips.py" />
            <source>panorama</source>
            <translation>Panorama</translation>
        </message>
        <message>
            <location filename="../layers/tips.py" />
            <source>date unknown</source>
            <translation>Datum unbekannt</translation>
        </message>
        <message>
            <location filename="../layers/tips.py" />
            <source>The picture of where the model looked is not on this computer.</source>
            <translation>Das Bild davon, wohin das Modell geschaut hat, ist nicht auf diesem Rechner.</translation>
        </message>
        <message>
            <location filename="../layers/tips.py" />
            <source>Appearance: a position among all units, without a unit of measurement</source>
            <translation>Aussehen: eine Lage unter allen Raumeinheiten, ohne Maßeinheit</translation>
        </message>
        <message>
            <location filename="../layers/tips.py" />
            <source>looking {degrees}° (0 is north, 90 east)</source>
            <translation>Blick nach {degrees}° (0 ist Norden, 90 Osten)</translation>
        </message>
    </context>
    <context>
        <name>Options</name>
        <message>
            <location filename="../gui/options/page.py" />
            <source>On &amp;this computer</source>
            <translation>Auf &amp;diesem Rechner</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>On a &amp;remote host</source>
            <translation>Auf einem &amp;entfernten Rechner</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>T&amp;est the connection</source>
            <translation>Verbindung &amp;prüfen</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>Result of the test</source>
            <translation>Ergebnis der Prüfung</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>Connecting…</source>
            <translation>Verbindung wird hergestellt …</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>The engine's Python is asked; the first time this takes a minute…</source>
            <translation>Das Python der Engine wird gefragt; beim ersten Mal dauert das eine Minute …</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>The stored token is for {stored}; enter the token of {address} as well.</source>
            <translation>Das gespeicherte Token gehört zu {stored}; geben Sie auch das Token von {address} ein.</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>stored; enter another one to change it</source>
            <translation>gespeichert; zum Ändern ein anderes eingeben</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>This computer</source>
            <translation>Dieser Rechner</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>Folder for the engine and the studies</source>
            <translation>Ordner für die Engine und die Studien</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>Processor, works everywhere ({size} to download)</source>
            <translation>Prozessor, geht überall ({size} herunterzuladen)</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>NVIDIA graphics card ({size} to download)</source>
            <translation>NVIDIA-Grafikkarte ({size} herunterzuladen)</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>File to install the engine from</source>
            <translation>Datei, aus der die Engine installiert wird</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>from the internet</source>
            <translation>aus dem Internet</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>Engine files</source>
            <translation>Dateien der Engine</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>Python that has the engine already</source>
            <translation>Python, das die Engine schon hat</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>the one that StreetSense installs</source>
            <translation>das von StreetSense installierte</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>&amp;Install or update the engine…</source>
            <translation>Engine &amp;installieren oder aktualisieren …</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>When you choose another folder, what lies in the old one stays there.</source>
            <translation>Wenn Sie einen anderen Ordner wählen, bleibt, was im alten liegt, dort.</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>&amp;Data folder</source>
            <translation>&amp;Datenordner</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>&amp;Build of the engine</source>
            <translation>&amp;Ausgabe der Engine</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>Engine &amp;file (.whl)</source>
            <translation>Da&amp;tei der Engine (.whl)</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>Use this &amp;Python instead</source>
            <translation>Stattdessen dieses P&amp;ython verwenden</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>Remote host</source>
            <translation>Entfernter Rechner</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>from the administrator of the host</source>
            <translation>von der Verwaltung des Rechners</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>The token is kept in QGIS' encrypted authentication database.</source>
            <translation>Das Token wird in der verschlüsselten Authentifizierungsdatenbank von QGIS aufbewahrt.</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>&amp;Address</source>
            <translation>&amp;Adresse</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>T&amp;oken</source>
            <translation>T&amp;oken</translation>
        </message>
        <message>
            <location filename="../gui/options/page.py" />
            <source>Where the StreetSense engine runs</source>
            <translation>Wo die Engine von StreetSense läuft</translation>
        </message>
        <message>
            <location filename="../gui/options/trial.py" />
            <source>The engine is not installed in this folder yet; press 'Install or update…'.</source>
            <translation>In diesem Ordner ist die Engine noch nicht installiert; drücken Sie „Engine installieren oder aktualisieren …“.</translation>
        </message>
        <message>
            <location filename="../gui/options/trial.py" />
            <source>graphics card</source>
            <translation>Grafikkarte</translation>
        </message>
        <message>
            <location filename="../gui/options/trial.py" />
            <source>processor</source>
            <translation>Prozessor</translation>
        </message>
        <message>
            <location filename="../gui/options/trial.py" />
            <source>The engine in {python} works (version {version}, PyTorch {torch}, {device}); press OK to use it.</source>
            <translation>Die Engine in {python} läuft (Version {version}, PyTorch {torch}, {device}); drücken Sie OK, um sie zu verwenden.</translation>
        </message>
    </context>
    <context>
        <name>PhotoViewer</name>
        <message>
            <location filename="../gui/viewer/attention.py" />
            <source>Connect the engine to see where the model looked.</source>
            <translation>Verbinden Sie die Engine, um zu sehen, wohin das Modell geschaut hat.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attention.py" />
            <source>The engine's answer cannot be read; its version may be another one.</source>
            <translation>Die Antwort der Engine ist nicht zu lesen; vielleicht hat sie eine andere Version.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attention.py" />
            <source>The engine is busy; the picture comes as soon as it can.</source>
            <translation>Die Engine ist beschäftigt; das Bild kommt, sobald sie kann.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attention.py" />
            <source>The engine has no picture for this: the photo or the model “{model}” is missing there.</source>
            <translation>Die Engine hat kein Bild dafür: Das Foto oder das Modell „{model}“ fehlt dort.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Show where the model &amp;looked</source>
            <translation>Zeigen, wohin das Modell geschaut &amp;hat</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Lay the model's attention over the photo (T)</source>
            <translation>Die Aufmerksamkeit des Modells über das Foto legen (T)</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>How strongly the colours cover the photo</source>
            <translation>Wie stark die Farben das Foto bedecken</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>An encoder's view of the photo, or what led to a predicted indicator</source>
            <translation>Was ein Encoder im Foto sieht, oder was zu einem vorhergesagten Indikator führte</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>What counted: attention weighted by its effect on the result. Through all layers: attention followed from layer to layer. One layer: the attention of a single layer as it is.</source>
            <translation>Was zählte: Aufmerksamkeit, mit ihrer Wirkung auf das Ergebnis gewichtet. Durch alle Schichten: Aufmerksamkeit von Schicht zu Schicht verfolgt. Eine Schicht: die Aufmerksamkeit einer einzelnen Schicht, wie sie ist.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>What counted</source>
            <translation>Was zählte</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Through all layers</source>
            <translation>Durch alle Schichten</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>One layer</source>
            <translation>Eine Schicht</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Whole photo</source>
            <translation>Ganzes Foto</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Ask about the whole photo again (Esc)</source>
            <translation>Wieder nach dem ganzen Foto fragen (Esc)</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Indicator: {name}</source>
            <translation>Indikator: {name}</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Encoder: {name}</source>
            <translation>Encoder: {name}</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>From layer {number}</source>
            <translation>Ab Schicht {number}</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Up to layer {number}</source>
            <translation>Bis Schicht {number}</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Layer {number}</source>
            <translation>Schicht {number}</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Last layer</source>
            <translation>Letzte Schicht</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>All layers</source>
            <translation>Alle Schichten</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Asked about: the whole photo (click a square)</source>
            <translation>Gefragt nach: ganzes Foto (klicken Sie ein Feld an)</translation>
        </message>
        <message>
            <location filename="../gui/viewer/attentionbar.py" />
            <source>Asked about: row {row}, column {column}</source>
            <translation>Gefragt nach: Zeile {row}, Spalte {column}</translation>
        </message>
        <message>
            <location filename="../gui/viewer/dock.py" />
            <source>Street view</source>
            <translation>Straßenansicht</translation>
        </message>
        <message>
            <location filename="../gui/viewer/dock.py" />
            <source>The layer of this view is not in the project any more; load it again.</source>
            <translation>Der Layer dieser Ansicht ist nicht mehr im Projekt; laden Sie ihn noch einmal.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/dock.py" />
            <source>This view is not in its layer any more; click another one.</source>
            <translation>Diese Ansicht ist nicht mehr in ihrem Layer; klicken Sie eine andere an.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/dock.py" />
            <source>Choose the cone above, then click a view on the map.</source>
            <translation>Wählen Sie oben den Kegel, und klicken Sie dann eine Ansicht auf der Karte an.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/dock.py" />
            <source>Load the layer of views of this study to see when and where this photo was taken.</source>
            <translation>Laden Sie den Ansichtenlayer dieser Studie, um zu sehen, wann und wo dieses Foto aufgenommen wurde.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/dock.py" />
            <source>There is no photo of this place and direction at another date.</source>
            <translation>Von diesem Ort und dieser Richtung gibt es kein Foto zu einem anderen Zeitpunkt.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/dock.py" />
            <source>An indicator is explained for the whole photo; choose an encoder to ask about a square.</source>
            <translation>Ein Indikator wird für das ganze Foto erklärt; wählen Sie einen Encoder, um nach einem Feld zu fragen.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/legend.py" />
            <source>What these colours do not tell</source>
            <translation>Was diese Farben nicht sagen</translation>
        </message>
        <message>
            <location filename="../gui/viewer/legend.py" />
            <source>less</source>
            <translation>weniger</translation>
        </message>
        <message>
            <location filename="../gui/viewer/legend.py" />
            <source>more</source>
            <translation>mehr</translation>
        </message>
        <message>
            <location filename="../gui/viewer/legend.py" />
            <source>Bright: what pushed the estimate of “{indicator}” for this photo up the most.</source>
            <translation>Hell: was die Schätzung von „{indicator}“ für dieses Foto am meisten erhöht hat.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/legend.py" />
            <source>Bright: what layer {layer} related to the framed square.</source>
            <translation>Hell: was Schicht {layer} mit dem umrahmten Feld in Beziehung setzte.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/legend.py" />
            <source>Bright: what layer {layer} looked at in this photo.</source>
            <translation>Hell: wohin Schicht {layer} in diesem Foto geschaut hat.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/legend.py" />
            <source>Bright: where the information in the framed square came from, through all layers.</source>
            <translation>Hell: woher die Information im umrahmten Feld kam, durch alle Schichten.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/legend.py" />
            <source>Bright: where the model's summary of this photo took its information from.</source>
            <translation>Hell: woher die Zusammenfassung dieses Fotos im Modell ihre Information nahm.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/legend.py" />
            <source>Bright: what mattered to the model together with the framed square.</source>
            <translation>Hell: was für das Modell zusammen mit dem umrahmten Feld zählte.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/legend.py" />
            <source>Bright: what shaped the model's summary of this photo the most.</source>
            <translation>Hell: was die Zusammenfassung dieses Fotos im Modell am meisten geprägt hat.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/legend.py" />
            <source>The colours show where the model looked, not why, and not what causes anything in the street. They compare parts of this one photo; two photos can be compared only side by side, where both have the same scale. The darkened edges were not seen by the model. One square is the finest detail; what lies between is smoothed. A model with random weights looks at nothing in particular.</source>
            <translation>Die Farben zeigen, wohin das Modell geschaut hat, nicht warum, und nicht, was in der Straße etwas verursacht. Sie vergleichen Teile dieses einen Fotos; zwei Fotos sind nur nebeneinander vergleichbar, wo beide denselben Maßstab haben. Die abgedunkelten Ränder hat das Modell nicht gesehen. Ein Feld ist die kleinste Einzelheit; was dazwischen liegt, ist geglättet. Ein Modell mit zufälligen Gewichten schaut nach nichts Bestimmtem.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/models.py" />
            <source>The engine is asked for the models of this study…</source>
            <translation>Die Engine wird nach den Modellen dieser Studie gefragt …</translation>
        </message>
        <message>
            <location filename="../gui/viewer/models.py" />
            <source>This study has no encoder yet; add one in the step Model.</source>
            <translation>Diese Studie hat noch keinen Encoder; fügen Sie im Schritt Modell einen hinzu.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>Photo</source>
            <translation>Foto</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>Click a view on the map</source>
            <translation>Eine Ansicht auf der Karte anklicken</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>Back along the road (←)</source>
            <translation>Entlang der Straße zurück (←)</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>On along the road (→)</source>
            <translation>Entlang der Straße weiter (→)</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>Turn left (Page up)</source>
            <translation>Nach links drehen (Bild auf)</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>Turn right (Page down)</source>
            <translation>Nach rechts drehen (Bild ab)</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>The same place at an earlier date (↓)</source>
            <translation>Derselbe Ort zu einem früheren Zeitpunkt (↓)</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>The same place at a later date (↑)</source>
            <translation>Derselbe Ort zu einem späteren Zeitpunkt (↑)</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>Show the whole photo (0)</source>
            <translation>Das ganze Foto zeigen (0)</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>Open this photo at its provider</source>
            <translation>Dieses Foto beim Anbieter öffnen</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>Compare with another date, side by side</source>
            <translation>Mit einem anderen Zeitpunkt vergleichen, nebeneinander</translation>
        </message>
        <message>
            <location filename="../gui/viewer/navigation.py" />
            <source>The date to compare with</source>
            <translation>Der Zeitpunkt, mit dem verglichen wird</translation>
        </message>
        <message>
            <location filename="../gui/viewer/pane.py" />
            <source>The photo is on its way…</source>
            <translation>Das Foto ist unterwegs …</translation>
        </message>
        <message>
            <location filename="../gui/viewer/photos.py" />
            <source>The photo of this view cannot be read; fetch the street views again.</source>
            <translation>Das Foto dieser Ansicht ist nicht zu lesen; holen Sie die Straßenansichten noch einmal.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/photos.py" />
            <source>The photo of this view cannot be read: {reason}</source>
            <translation>Das Foto dieser Ansicht ist nicht zu lesen: {reason}</translation>
        </message>
        <message>
            <location filename="../gui/viewer/photos.py" />
            <source>This layer belongs to no study, so its photos cannot be found; load the results again.</source>
            <translation>Dieser Layer gehört zu keiner Studie, deshalb sind seine Fotos nicht zu finden; laden Sie die Ergebnisse noch einmal.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/photos.py" />
            <source>The engine is starting; the photo comes as soon as it runs.</source>
            <translation>Die Engine startet; das Foto kommt, sobald sie läuft.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/photos.py" />
            <source>This photo is not on this computer; connect the engine to get it.</source>
            <translation>Dieses Foto ist nicht auf diesem Rechner; verbinden Sie die Engine, um es zu bekommen.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/photos.py" />
            <source>The engine has no photo of this view; fetch the street views again.</source>
            <translation>Die Engine hat kein Foto dieser Ansicht; holen Sie die Straßenansichten noch einmal.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/photoview.py" />
            <source>Street view photo</source>
            <translation>Foto der Straßenansicht</translation>
        </message>
        <message>
            <location filename="../gui/viewer/picker.py" />
            <source>No view lies here; click closer to one, or zoom in.</source>
            <translation>Hier liegt keine Ansicht; klicken Sie näher an eine, oder vergrößern Sie die Karte.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/picker.py" />
            <source>The layer “{layer}” is hidden; switch it on in the list of layers.</source>
            <translation>Der Layer „{layer}“ ist ausgeblendet; schalten Sie ihn in der Layerliste ein.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/picker.py" />
            <source>This project has no layer of views; fetch street views or load a run's results first.</source>
            <translation>Dieses Projekt hat keinen Ansichtenlayer; holen Sie zuerst Straßenansichten, oder laden Sie die Ergebnisse eines Laufs.</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>N</source>
            <translation>N</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>NE</source>
            <translation>NO</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>E</source>
            <translation>O</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>SE</source>
            <translation>SO</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>S</source>
            <translation>S</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>SW</source>
            <translation>SW</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>W</source>
            <translation>W</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>NW</source>
            <translation>NW</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>date unknown</source>
            <translation>Zeitpunkt unbekannt</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>{date}, {time} UTC</source>
            <translation>{date}, {time} UTC</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>direction unknown</source>
            <translation>Richtung unbekannt</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>looking {direction} ({degrees}°)</source>
            <translation>Blick nach {direction} ({degrees}°)</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>author unknown</source>
            <translation>Urheber unbekannt</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>licence unknown</source>
            <translation>Lizenz unbekannt</translation>
        </message>
        <message>
            <location filename="../gui/viewer/words.py" />
            <source>Photo: {owner} · {licence}</source>
            <translation>Foto: {owner} · {licence}</translation>
        </message>
    </context>
    <context>
        <name>Processes</name>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Sample points along roads</source>
            <translation>Stichprobenpunkte entlang der Straßen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Places points at even distances along the roads of the area, each street once, with the bearing of the road; roads come from OpenStreetMap, an OpenStreetMap extract or any line layer.</source>
            <translation>Setzt Punkte in gleichen Abständen entlang der Straßen des Gebiets, jede Straße einmal, mit der Richtung der Straße; die Straßen kommen aus OpenStreetMap, einem OpenStreetMap-Auszug oder einem beliebigen Linienlayer.</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Study</source>
            <translation>Studie</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>name of the study</source>
            <translation>Name der Studie</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Roads</source>
            <translation>Straßen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>'osm' to download them from OpenStreetMap, 'democity' for the synthetic city's, or a file: any line layer (GeoJSON, GeoPackage, Shapefile) or an OpenStreetMap extract (.osm, .osm.bz2, .osm.gz, .osm.pbf)</source>
            <translation>„osm“ lädt sie aus OpenStreetMap, „democity“ nimmt die der künstlichen Stadt; oder eine Datei: ein beliebiger Linienlayer (GeoJSON, GeoPackage, Shapefile) oder ein OpenStreetMap-Auszug (.osm, .osm.bz2, .osm.gz, .osm.pbf)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Spacing</source>
            <translation>Abstand</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>distance between points along a street (metres, 1 to 100,000)</source>
            <translation>Abstand der Punkte entlang einer Straße (Meter, 1 bis 100.000)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Network</source>
            <translation>Straßennetz</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>which OpenStreetMap ways are roads; of a line layer every line is one</source>
            <translation>welche OpenStreetMap-Wege Straßen sind; in einem Linienlayer ist jede Linie eine</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Max Distance</source>
            <translation>Größter Abstand</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>how far a view that the study has already may be from the sample point that it is joined to (metres, more than 0)</source>
            <translation>wie weit eine Ansicht, die die Studie schon hat, von dem Stichprobenpunkt entfernt sein darf, dem sie zugeordnet wird (Meter, mehr als 0)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Overpass Url</source>
            <translation>Overpass-Adresse</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>the Overpass server that roads are downloaded from (http or https, without /interpreter)</source>
            <translation>der Overpass-Server, von dem Straßen geladen werden (http oder https, ohne /interpreter)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Sample Points</source>
            <translation>Stichprobenpunkte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Length Km</source>
            <translation>Länge in km</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Views Joined</source>
            <translation>Zugeordnete Ansichten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Roads Layer</source>
            <translation>Straßenlayer</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Points Layer</source>
            <translation>Punktlayer</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Fetch street views</source>
            <translation>Straßenansichten holen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Take street views from a provider (a service on the internet, a folder of photos, or the synthetic city) into the study.</source>
            <translation>Holt Straßenansichten von einem Anbieter (einem Dienst im Internet, einem Ordner mit Fotos oder der künstlichen Stadt) in die Studie.</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Provider</source>
            <translation>Anbieter</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>where views come from: panoramax, mapillary, kartaview, google, folder, democity, or one that a package adds; 'streetsense providers' tells of each</source>
            <translation>woher Ansichten kommen: panoramax, mapillary, kartaview, google, folder, democity oder einer, den ein Paket hinzufügt; „streetsense providers“ sagt mehr zu jedem</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Since</source>
            <translation>Ab</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>internet: only views taken on this day or later (2019-07-15, 2019-07 or 2019); from the first one on when not given</source>
            <translation>Internet: nur Ansichten von diesem Tag an (2019-07-15, 2019-07 oder 2019); ohne Angabe von der ersten an</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Until</source>
            <translation>Bis</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>internet: only views taken on this day or earlier (2019-07-15, 2019-07 or 2019); to the last one when not given</source>
            <translation>Internet: nur Ansichten bis zu diesem Tag (2019-07-15, 2019-07 oder 2019); ohne Angabe bis zur letzten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>History</source>
            <translation>Frühere Aufnahmen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>internet: all captures of a place, for pairs of different times, not the nearest ones alone</source>
            <translation>Internet: alle Aufnahmen eines Orts, für Paare verschiedener Zeiten, nicht nur die nächsten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Per Point</source>
            <translation>Je Punkt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>internet: captures of each sample point, the nearest first (1 or more); not with history</source>
            <translation>Internet: Aufnahmen je Stichprobenpunkt, die nächsten zuerst (1 oder mehr); nicht mit früheren Aufnahmen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Dry Run</source>
            <translation>Nur zählen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>only find out what there is: counts by year, photos, costs, and a layer of the places</source>
            <translation>nur herausfinden, was es gibt: Zahlen nach Jahren, Fotos, Kosten und ein Layer der Orte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Accept Terms</source>
            <translation>Bedingungen bestätigen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>confirm that the provider's terms allow what is planned; asked once per study</source>
            <translation>bestätigen, dass die Bedingungen des Anbieters das Vorhaben erlauben; einmal je Studie gefragt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Key</source>
            <translation>Schlüssel</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>internet: your key or token of the provider, where it needs one; the environment and the keyring are looked at when not given</source>
            <translation>Internet: Ihr Schlüssel oder Token des Anbieters, wo er einen braucht; ohne Angabe wird in der Umgebung und im Schlüsselbund nachgesehen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Signing Secret</source>
            <translation>Geheimnis zum Signieren</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>google: your URL signing secret, needed beyond 25,000 photos a day</source>
            <translation>google: Ihr Geheimnis zum Signieren von Adressen, nötig ab 25.000 Fotos am Tag</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Panoramas</source>
            <translation>Panoramen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>google: table with the ids of panoramas (column pano_id), also of older ones</source>
            <translation>google: Tabelle mit den Kennungen von Panoramen (Spalte pano_id), auch von älteren</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Api Url</source>
            <translation>Adresse der Schnittstelle</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>internet: another address of the provider, such as a city's own Panoramax instance</source>
            <translation>Internet: eine andere Adresse des Anbieters, etwa die Panoramax-Instanz einer Stadt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Max Cost</source>
            <translation>Höchste Kosten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>internet: never ask for photos that cost more than this together (US dollars); needed, or max_views, where photos cost something; those of earlier runs in the study count</source>
            <translation>Internet: nie Fotos anfordern, die zusammen mehr kosten (US-Dollar); nötig, oder max_views, wo Fotos etwas kosten; die früherer Läufe der Studie zählen mit</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Price</source>
            <translation>Preis</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>internet: US dollars for 1,000 photos, where your contract differs from the list price</source>
            <translation>Internet: US-Dollar für 1.000 Fotos, wenn Ihr Vertrag vom Listenpreis abweicht</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Time Budget</source>
            <translation>Zeit</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>internet: stop after so many minutes; the same command goes on later. No limit when not given</source>
            <translation>Internet: nach so vielen Minuten aufhören; derselbe Befehl macht später weiter. Ohne Angabe unbegrenzt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Connections</source>
            <translation>Verbindungen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>internet: requests at the same time per host, at most; never more than it allows</source>
            <translation>Internet: höchstens so viele Anfragen zugleich je Server; nie mehr, als er erlaubt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Per Second</source>
            <translation>Je Sekunde</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>internet: requests a second per host, at most; never more than it allows</source>
            <translation>Internet: höchstens so viele Anfragen in der Sekunde je Server; nie mehr, als er erlaubt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Photos</source>
            <translation>Fotos</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>folder: the folder with the photos, needed; its folders are searched too</source>
            <translation>folder: der Ordner mit den Fotos, erforderlich; auch seine Unterordner werden durchsucht</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Table</source>
            <translation>Tabelle</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>folder: what is known of the photos (CSV, Parquet, GeoJSON, GeoPackage); wins over their EXIF, which alone counts when no table is given</source>
            <translation>folder: was über die Fotos bekannt ist (CSV, Parquet, GeoJSON, GeoPackage); geht ihren EXIF-Angaben vor, die allein gelten, wenn keine Tabelle angegeben ist</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Columns</source>
            <translation>Spalten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>folder: which of the table's columns is what, where the guess is wrong: lat=Y,lon=X,heading=DIR; all are guessed when not given</source>
            <translation>folder: welche Spalte der Tabelle was bedeutet, wo falsch geraten wird: lat=Y,lon=X,heading=DIR; ohne Angabe werden alle geraten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Link</source>
            <translation>Verknüpfen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>folder: leave the photos where they are instead of copying them</source>
            <translation>folder: die Fotos lassen, wo sie sind, statt sie zu kopieren</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Photo Fov</source>
            <translation>Bildwinkel der Fotos</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>folder: horizontal field of view of photos for which neither table nor EXIF says it (degrees, between 0 and 180); it stays unknown when not given</source>
            <translation>folder: waagerechter Bildwinkel der Fotos, für die ihn weder Tabelle noch EXIF nennt (Grad, zwischen 0 und 180); ohne Angabe bleibt er unbekannt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Licence</source>
            <translation>Lizenz</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>folder: licence of the photos where the table does not say it; unknown when not given</source>
            <translation>folder: Lizenz der Fotos, wo die Tabelle sie nicht nennt; ohne Angabe unbekannt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Attribution</source>
            <translation>Namensnennung</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>folder: whom to name for the photos where the table does not; nobody when not given</source>
            <translation>folder: wer für die Fotos zu nennen ist, wo die Tabelle es nicht sagt; ohne Angabe niemand</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Headings</source>
            <translation>Blickrichtungen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>where the views of a panorama look, clockwise from relative-to (degrees; each direction once)</source>
            <translation>wohin die Ansichten eines Panoramas blicken, im Uhrzeigersinn von dem, was „Bezogen auf“ nennt (Grad; jede Richtung einmal)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Relative To</source>
            <translation>Bezogen auf</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>what the headings are relative to: north, or the road at the nearest sample point; when not given, the road for democity and north for other providers</source>
            <translation>worauf sich die Blickrichtungen beziehen: Norden oder die Straße am nächsten Stichprobenpunkt; ohne Angabe die Straße bei democity und Norden bei anderen Anbietern</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Fov</source>
            <translation>Bildwinkel</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>field of view of the views of a panorama (degrees, 10 to 150)</source>
            <translation>Bildwinkel der Ansichten eines Panoramas (Grad, 10 bis 150)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Pitch</source>
            <translation>Neigung</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>how far above the horizon the views of a panorama look (degrees, -60 to 60)</source>
            <translation>wie weit über den Horizont die Ansichten eines Panoramas blicken (Grad, -60 bis 60)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>side of the views of a panorama (pixels, 64 to 8192); when not given, 224 for democity and 512 for other providers</source>
            <translation>Seitenlänge der Ansichten eines Panoramas (Pixel, 64 bis 8192); ohne Angabe 224 bei democity und 512 bei anderen Anbietern</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Seed</source>
            <translation>Startzahl</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>democity: which synthetic city (0 or more); a study holds one</source>
            <translation>democity: welche künstliche Stadt (0 oder mehr); eine Studie enthält eine</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Dates</source>
            <translation>Zeitpunkte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>democity: days (2019-07-15) or months (2019-07) in which views are taken</source>
            <translation>democity: Tage (2019-07-15) oder Monate (2019-07), an denen Ansichten aufgenommen werden</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>how far a view may be from the sample point that it is joined to (metres, more than 0)</source>
            <translation>wie weit eine Ansicht von dem Stichprobenpunkt entfernt sein darf, dem sie zugeordnet wird (Meter, mehr als 0)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Max Views</source>
            <translation>Höchstzahl der Ansichten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>stop when there are this many views of the provider (1 or more); all are fetched when not given</source>
            <translation>aufhören, wenn es so viele Ansichten des Anbieters gibt (1 oder mehr); ohne Angabe werden alle geholt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Blur</source>
            <translation>Unkenntlich machen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>folder: blur what this detector finds in the photos (faces, plates) before they are copied; detectors come with packages of your own</source>
            <translation>folder: unkenntlich machen, was dieser Detektor in den Fotos findet (Gesichter, Kennzeichen), bevor sie kopiert werden; Detektoren kommen mit eigenen Paketen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Again</source>
            <translation>Noch einmal</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>fetch what is there already once more, and replace it</source>
            <translation>was schon da ist, noch einmal holen und ersetzen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Views</source>
            <translation>Ansichten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>New Views</source>
            <translation>Neue Ansichten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Not Used</source>
            <translation>Nicht verwendet</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Views Without Point</source>
            <translation>Ansichten ohne Punkt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Views Outside Area</source>
            <translation>Ansichten außerhalb des Gebiets</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Layers</source>
            <translation>Layer</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Labels</source>
            <translation>Bekannte Werte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Views Layer</source>
            <translation>Ansichtenlayer</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Open Photos</source>
            <translation>Offene Fotos</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Billed</source>
            <translation>Berechnet</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Plan</source>
            <translation>Plan</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Coverage Layer</source>
            <translation>Layer der Abdeckung</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Add an encoder</source>
            <translation>Encoder hinzufügen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Adds an encoder to the study: from a file of weights, from timm's hub, or with random weights.</source>
            <translation>Fügt der Studie einen Encoder hinzu: aus einer Datei mit Gewichten, aus dem Verzeichnis von timm oder mit zufälligen Gewichten.</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>what the study calls the encoder</source>
            <translation>wie der Encoder in der Studie heißt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Architecture</source>
            <translation>Architektur</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>timm's name of the vision transformer, such as vit_base_patch16_224</source>
            <translation>timms Name des Vision Transformers, etwa vit_base_patch16_224</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Weights</source>
            <translation>Gewichte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>file of weights: safetensors, MoCo v3 .pth.tar, or a plain state dict</source>
            <translation>Datei mit Gewichten: safetensors, MoCo v3 .pth.tar oder ein einfaches state dict</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Hub</source>
            <translation>Verzeichnis</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>take the pre-trained weights of timm's hub</source>
            <translation>die vortrainierten Gewichte aus dem Verzeichnis von timm nehmen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Random</source>
            <translation>Zufällig</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>random weights with this seed, for tests and demos</source>
            <translation>zufällige Gewichte mit dieser Startzahl, für Tests und Vorführungen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Image Size</source>
            <translation>Bildgröße</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>side of the square images; the architecture's unless given</source>
            <translation>Seitenlänge der quadratischen Bilder; ohne Angabe die der Architektur</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Normalisation</source>
            <translation>Normierung</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>of the pixels: imagenet, half (to -1..1), or MEAN,MEAN,MEAN/STD,STD,STD of values scaled to 0..1; imagenet unless given, with hub what the hub says</source>
            <translation>der Pixel: imagenet, half (auf -1..1) oder MITTEL,MITTEL,MITTEL/STREUUNG,STREUUNG,STREUUNG der auf 0..1 gebrachten Werte; ohne Angabe imagenet, aus dem Verzeichnis das dort genannte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>of the weights</source>
            <translation>der Gewichte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Partial</source>
            <translation>Unvollständig</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>accept weights that do not cover the whole model</source>
            <translation>Gewichte annehmen, die nicht das ganze Modell abdecken</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Replace</source>
            <translation>Ersetzen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>replace an encoder of that name</source>
            <translation>einen Encoder dieses Namens ersetzen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Dimension</source>
            <translation>Dimension</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Pooling</source>
            <translation>Zusammenfassung</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Source</source>
            <translation>Quelle</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Fingerprint</source>
            <translation>Fingerabdruck</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Report</source>
            <translation>Bericht</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Pair views</source>
            <translation>Ansichten paaren</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Draw pairs of views that should embed alike: the same view, the same place at another time, or the same neighbourhood.</source>
            <translation>Zieht Paare von Ansichten, deren Einbettungen sich gleichen sollen: dieselbe Ansicht, derselbe Ort zu anderer Zeit oder dieselbe Nachbarschaft.</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Objective</source>
            <translation>Ziel des Lernens</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>what pairs have in common: self (one view, augmented twice), temporal (one place and heading, different times) or spatial (one neighbourhood)</source>
            <translation>was die Paare gemeinsam haben: self (eine Ansicht, zweimal abgewandelt), temporal (ein Ort und eine Blickrichtung, verschiedene Zeiten) oder spatial (eine Nachbarschaft)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>what to call the pairs; the objective by default</source>
            <translation>wie die Paare heißen; ohne Angabe wie das Ziel des Lernens</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Recipe</source>
            <translation>Rezept</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>rules of the paper, global or local, or a YAML file; inputs that are given go before it</source>
            <translation>Regeln des Fachaufsatzes, global oder local, oder eine YAML-Datei; angegebene Eingaben gehen vor</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>how many pairs; as many as there are usable views by default</source>
            <translation>wie viele Paare; ohne Angabe so viele, wie es brauchbare Ansichten gibt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Same Place</source>
            <translation>Selber Ort</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>temporal: views less than this apart show one place (metres)</source>
            <translation>temporal: Ansichten, die weniger als das auseinanderliegen, zeigen einen Ort (Meter)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Heading Tolerance</source>
            <translation>Spielraum der Blickrichtung</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>temporal: how far the headings may differ (degrees); 180 allows any</source>
            <translation>temporal: wie weit die Blickrichtungen voneinander abweichen dürfen (Grad); 180 erlaubt jede</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Min Months</source>
            <translation>Mindestabstand in Monaten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>temporal: how long the two are apart at least (months); 0 allows any time</source>
            <translation>temporal: wie lange die beiden mindestens auseinanderliegen (Monate); 0 erlaubt jede Zeit</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Buffer</source>
            <translation>Umkreis</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>spatial: how far the two may be from each other (metres); without effect where units are given</source>
            <translation>spatial: wie weit die beiden voneinander entfernt sein dürfen (Meter); ohne Wirkung, wo Raumeinheiten angegeben sind</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Units</source>
            <translation>Raumeinheiten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>spatial: both lie in one unit: a polygon layer, h3:RESOLUTION or square:METRES</source>
            <translation>spatial: beide liegen in einer Raumeinheit: ein Polygonlayer, h3:AUFLÖSUNG oder square:METER</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Unit Column</source>
            <translation>Spalte der Raumeinheiten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>spatial: the column that names the units of a layer (GEOID, ...)</source>
            <translation>spatial: die Spalte, die die Raumeinheiten eines Layers benennt (GEOID, …)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Max Month Gap</source>
            <translation>Höchstabstand in Monaten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>spatial: how long the two may be apart (months); any time by default</source>
            <translation>spatial: wie lange die beiden auseinanderliegen dürfen (Monate); ohne Angabe beliebig</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>use no view taken before: a year, month or day, as in 2019-07</source>
            <translation>keine Ansicht verwenden, die davor aufgenommen wurde: ein Jahr, Monat oder Tag, etwa 2019-07</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>use no view taken after: a year, month or day, which still counts</source>
            <translation>keine Ansicht verwenden, die danach aufgenommen wurde: ein Jahr, Monat oder Tag, der noch zählt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Hold Out</source>
            <translation>Zurückgehalten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>share of the blocks of the map that are kept out of all pairs, for probes (0 to 0.9)</source>
            <translation>Anteil der Blöcke der Karte, die für Proben aus allen Paaren herausgehalten werden (0 bis 0,9)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Hold Out Block</source>
            <translation>Block der Zurückgehaltenen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>side of a block (metres)</source>
            <translation>Seitenlänge eines Blocks (Meter)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Hold Out Area</source>
            <translation>Gebiet der Zurückgehaltenen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>instead of blocks: polygons whose views are kept out</source>
            <translation>statt Blöcken: Polygone, deren Ansichten herausgehalten werden</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Quotas</source>
            <translation>Kontingente</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>polygons (cities, districts) that get as many pairs each</source>
            <translation>Polygone (Städte, Bezirke), die gleich viele Paare bekommen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Quota Column</source>
            <translation>Spalte der Kontingente</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>the column that names the polygons of 'quotas'</source>
            <translation>die Spalte, die die Polygone der Kontingente benennt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Quota</source>
            <translation>Kontingent</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>how many pairs each polygon of 'quotas' gets</source>
            <translation>wie viele Paare jedes Polygon der Kontingente bekommt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Redraw</source>
            <translation>Neu ziehen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>draw other pairs for every epoch instead of keeping one table</source>
            <translation>für jeden Durchgang andere Paare ziehen, statt eine Tabelle zu behalten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>random seed</source>
            <translation>Startzahl des Zufalls</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Inspect</source>
            <translation>Ansehen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>how many random pairs to show in a picture and a page</source>
            <translation>wie viele zufällige Paare in einem Bild und auf einer Seite gezeigt werden</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Pairs</source>
            <translation>Paare</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Held Out</source>
            <translation>Herausgehalten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Candidates</source>
            <translation>Infrage kommend</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Rule</source>
            <translation>Regel</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Median Distance M</source>
            <translation>Mittlerer Abstand in m</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Inspection Sheet</source>
            <translation>Bild zum Ansehen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Inspection Page</source>
            <translation>Seite zum Ansehen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Pre-train an encoder</source>
            <translation>Encoder vortrainieren</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Learn an encoder from pairs of views by contrast (MoCo v3): self, temporal, spatial, or together.</source>
            <translation>Lernt einen Encoder durch den Vergleich von Paaren von Ansichten (MoCo v3): self, temporal, spatial oder zusammen.</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>names of pairs in the study; several objectives are learned together</source>
            <translation>Namen von Paaren der Studie; mehrere Ziele werden zusammen gelernt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>what to call the encoder; the pairs' names unless given</source>
            <translation>wie der Encoder heißt; ohne Angabe wie die Paare</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>code (as the published script), paper (as its text), cpu-small, or a YAML file</source>
            <translation>code (wie das veröffentlichte Skript), paper (wie der Text), cpu-small oder eine YAML-Datei</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Warm Start</source>
            <translation>Anfang</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>encoder of the study, or file of weights (MoCo v3 checkpoints too), to start from</source>
            <translation>Encoder der Studie oder Datei mit Gewichten (auch Zwischenstände von MoCo v3), mit denen begonnen wird</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Device</source>
            <translation>Rechenwerk</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>cpu, cuda, cuda:N or auto</source>
            <translation>cpu, cuda, cuda:N oder auto</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Workers</source>
            <translation>Helfer</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>threads that decode; chosen by the cores unless given</source>
            <translation>Threads, die Fotos lesen; ohne Angabe nach der Zahl der Kerne</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>In Memory</source>
            <translation>Im Arbeitsspeicher</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>keep all decoded photos in memory; where a quarter of it is enough, unless given</source>
            <translation>alle gelesenen Fotos im Arbeitsspeicher halten; ohne Angabe dann, wenn ein Viertel davon genügt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Checkpoint Every</source>
            <translation>Zwischenstand alle</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>steps between checkpoints</source>
            <translation>Schritte zwischen Zwischenständen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Keep</source>
            <translation>Behalten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>checkpoints that are kept</source>
            <translation>Zwischenstände, die behalten werden</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Log Every</source>
            <translation>Protokoll alle</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>steps whose losses a GPU hands over together</source>
            <translation>Schritte, deren Fehlerwerte eine GPU zusammen übergibt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Probe Every</source>
            <translation>Probe alle</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>epochs between retrieval probes on held-out views; 0 for the start and the end alone</source>
            <translation>Durchgänge zwischen Suchproben auf herausgehaltenen Ansichten; 0 für allein Anfang und Ende</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Tensorboard</source>
            <translation>TensorBoard</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>mirror the metrics for TensorBoard (extra 'tensorboard')</source>
            <translation>die Messwerte auch für TensorBoard schreiben (Zusatz „tensorboard“)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Cluster</source>
            <translation>Rechenverbund</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Ray cluster that trains: auto for the one that this computer is a node of, or HOST:PORT; this computer alone unless given</source>
            <translation>Ray-Verbund, der trainiert: auto für den, zu dem dieser Rechner gehört, oder HOST:PORT; ohne Angabe allein dieser Rechner</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Ray Workers</source>
            <translation>Prozesse im Verbund</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>with cluster: processes that train together; one a GPU where it has GPUs</source>
            <translation>mit Rechenverbund: Prozesse, die zusammen trainieren; einer je GPU, wo es GPUs gibt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>begin anew where an encoder or a run of that name is there; leave it out to continue</source>
            <translation>von vorn beginnen, wo es einen Encoder oder Lauf dieses Namens gibt; weglassen, um fortzusetzen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>timm's name of the vision transformer [default: the recipe's]</source>
            <translation>timms Name des Vision Transformers [ohne Angabe: der des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>side of the square images [default: the recipe's]</source>
            <translation>Seitenlänge der quadratischen Bilder [ohne Angabe: die des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Options</source>
            <translation>Optionen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>what timm is told besides, such as depth=6 or patch_size=8 [default: the recipe's]</source>
            <translation>was timm sonst noch gesagt wird, etwa depth=6 oder patch_size=8 [ohne Angabe: das des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Epochs</source>
            <translation>Durchgänge</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>how often the pairs are gone through [default: the recipe's]</source>
            <translation>wie oft die Paare durchgegangen werden [ohne Angabe: wie im Rezept]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Warmup Epochs</source>
            <translation>Anlaufdurchgänge</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>epochs in which the learning rate rises [default: the recipe's]</source>
            <translation>Durchgänge, in denen die Lernrate steigt [ohne Angabe: wie im Rezept]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Batch</source>
            <translation>Stapel</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>pairs in a step, over all processes; several objectives share them equally [default: the recipe's]</source>
            <translation>Paare in einem Schritt, über alle Prozesse; mehrere Ziele teilen sie sich gleichmäßig [ohne Angabe: wie im Rezept]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Base Learning Rate</source>
            <translation>Grundlernrate</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>highest learning rate for a batch of 256; it grows in proportion to the batch [default: the recipe's]</source>
            <translation>höchste Lernrate für einen Stapel von 256; sie wächst im Verhältnis zum Stapel [ohne Angabe: die des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Weight Decay</source>
            <translation>Gewichtsabnahme</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>of AdamW, on all trained parameters [default: the recipe's]</source>
            <translation>von AdamW, auf allen trainierten Parametern [ohne Angabe: die des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Momentum</source>
            <translation>Trägheit</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>of the momentum encoder at the start; it ends at 1 [default: the recipe's]</source>
            <translation>des Momentum-Encoders am Anfang; sie endet bei 1 [ohne Angabe: die des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Temperature</source>
            <translation>Temperatur</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>tau of the contrastive loss [default: the recipe's]</source>
            <translation>tau der vergleichenden Fehlerfunktion [ohne Angabe: die des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Projection</source>
            <translation>Projektion</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>width of the projections that are compared [default: the recipe's]</source>
            <translation>Breite der Projektionen, die verglichen werden [ohne Angabe: die des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Hidden</source>
            <translation>Verborgene Breite</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>width of the hidden layers of projector and predictor [default: the recipe's]</source>
            <translation>Breite der verborgenen Schichten von Projektor und Prädiktor [ohne Angabe: die des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Shared Heads</source>
            <translation>Gemeinsame Köpfe</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>one projector and predictor for all objectives [default: the recipe's]</source>
            <translation>ein Projektor und Prädiktor für alle Ziele [ohne Angabe: wie im Rezept]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>weight of each objective's loss (self, temporal, spatial); 1 where not given [default: the recipe's]</source>
            <translation>Gewicht des Fehlers jedes Ziels (self, temporal, spatial); 1, wo nicht angegeben [ohne Angabe: die des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>First View</source>
            <translation>Erste Ansicht</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>augmentation of one view of a pair, drawn by lot [default: the recipe's]</source>
            <translation>Abwandlung der einen Ansicht eines Paars, ausgelost [ohne Angabe: die des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Second View</source>
            <translation>Zweite Ansicht</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>augmentation of the other view [default: the recipe's]</source>
            <translation>Abwandlung der anderen Ansicht [ohne Angabe: die des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Shard Side</source>
            <translation>Seite der Vorräte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>side that photos are shrunk to before; 8/7 of the image size unless given [default: the recipe's]</source>
            <translation>Seitenlänge, auf die Fotos vorher verkleinert werden; ohne Angabe 8/7 der Bildgröße [ohne Angabe: die des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Precision</source>
            <translation>Genauigkeit</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>number format of matrix products: bf16 where it is faster (auto), always, or never (fp32) [default: the recipe's]</source>
            <translation>Zahlenformat der Matrixprodukte: bf16, wo es schneller ist (auto), immer oder nie (fp32) [ohne Angabe: das des Rezepts]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Compile</source>
            <translation>Übersetzen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>compile the backbone (slow start, faster steps) [default: the recipe's]</source>
            <translation>das Grundmodell übersetzen (langsamer Anfang, schnellere Schritte) [ohne Angabe: wie im Rezept]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Micro Batch</source>
            <translation>Teilstapel</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>images that go through the backbone at once; all unless given (see docs: same result) [default: the recipe's]</source>
            <translation>Bilder, die zugleich durch das Grundmodell gehen; ohne Angabe alle (siehe Dokumentation: gleiches Ergebnis) [ohne Angabe: wie im Rezept]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Checkpoint Blocks</source>
            <translation>Speicher sparen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>compute activations again in the backward pass: half the speed lost, most memory saved [default: the recipe's]</source>
            <translation>Aktivierungen auf dem Rückweg noch einmal rechnen: halb so schnell, der meiste Speicher gespart [ohne Angabe: wie im Rezept]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>decides weights, order and augmentations [default: the recipe's]</source>
            <translation>bestimmt Gewichte, Reihenfolge und Abwandlungen [ohne Angabe: wie im Rezept]</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Encoder</source>
            <translation>Encoder</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Objectives</source>
            <translation>Ziele des Lernens</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Steps</source>
            <translation>Schritte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Resumed From</source>
            <translation>Fortgesetzt ab</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Loss</source>
            <translation>Fehler</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Chance</source>
            <translation>Zufallswert</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Probe Before</source>
            <translation>Probe davor</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Probe</source>
            <translation>Probe</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Pairs Per Second</source>
            <translation>Paare je Sekunde</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Curves</source>
            <translation>Kurven</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Embed views</source>
            <translation>Ansichten einbetten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Turn the photos of the study's views into embeddings with an encoder.</source>
            <translation>Macht mit einem Encoder aus den Fotos der Ansichten der Studie Einbettungen.</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>name of the encoder in the study</source>
            <translation>Name des Encoders in der Studie</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Batch Size</source>
            <translation>Stapelgröße</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>photos that are encoded at once (more need more memory)</source>
            <translation>Fotos, die zugleich eingebettet werden (mehr brauchen mehr Speicher)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>threads that decode; one a processor unless given</source>
            <translation>Threads, die Fotos lesen; ohne Angabe einer je Prozessorkern</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>number format of the encoder: bf16 where it is faster (auto), always, or never (fp32)</source>
            <translation>Zahlenformat des Encoders: bf16, wo es schneller ist (auto), immer oder nie (fp32)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Part Size</source>
            <translation>Teilgröße</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>rows that are written at once; a kill loses at most so many (on a cluster: a shard)</source>
            <translation>Zeilen, die zugleich geschrieben werden; ein Abbruch verliert höchstens so viele (im Rechenverbund: ein Teil)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Ray cluster that embeds, a shard of part_size views at a time: auto for the one that this computer is a node of, or HOST:PORT; this computer alone unless given</source>
            <translation>Ray-Verbund, der einbettet, je einen Teil von part_size Ansichten: auto für den, zu dem dieser Rechner gehört, oder HOST:PORT; ohne Angabe allein dieser Rechner</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>embed what is embedded already once more</source>
            <translation>was schon eingebettet ist, noch einmal einbetten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Embedded</source>
            <translation>Eingebettet</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Skipped</source>
            <translation>Übersprungen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Failed</source>
            <translation>Gescheitert</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Images Per Second</source>
            <translation>Bilder je Sekunde</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Fit a predictor</source>
            <translation>Vorhersagemodell anpassen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Learn an indicator from embeddings and labels of units or views; report honest scores (70/30, 5-fold, spatially blocked) and intervals with their measured coverage.</source>
            <translation>Lernt einen Indikator aus Einbettungen und bekannten Werten von Raumeinheiten oder Ansichten; nennt ehrliche Gütemaße (70/30, 5-fach, räumlich geblockt) und Intervalle mit gemessener Abdeckung.</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>what to call the predictor</source>
            <translation>wie das Vorhersagemodell heißt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>what is known: a polygon layer with the indicator, a table with unit ids, or a table of labelled views (view_id, source_id or file column, or points)</source>
            <translation>was bekannt ist: ein Polygonlayer mit dem Indikator, eine Tabelle mit Kennungen der Raumeinheiten oder eine Tabelle bewerteter Ansichten (Spalte view_id, source_id oder file, oder Punkte)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Target</source>
            <translation>Zielgröße</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>the column of the labels to predict</source>
            <translation>die Spalte der bekannten Werte, die vorhergesagt wird</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>the encoder whose embeddings to learn from</source>
            <translation>der Encoder, aus dessen Einbettungen gelernt wird</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Features</source>
            <translation>Merkmale</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>instead of an encoder: a table with an id column and numeric columns, one row a unit</source>
            <translation>statt eines Encoders: eine Tabelle mit einer Kennungsspalte und Zahlenspalten, eine Zeile je Raumeinheit</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>areal units: a polygon layer, h3:RESOLUTION or square:METRES; the label polygons by default</source>
            <translation>Raumeinheiten: ein Polygonlayer, h3:AUFLÖSUNG oder square:METER; ohne Angabe die Polygone der bekannten Werte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Id Column</source>
            <translation>Kennungsspalte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>the column that identifies a row in labels, units and features (GEOID, ...)</source>
            <translation>die Spalte, die eine Zeile in bekannten Werten, Raumeinheiten und Merkmalen benennt (GEOID, …)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Task</source>
            <translation>Aufgabe</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>a number, or one of two classes</source>
            <translation>eine Zahl oder eine von zwei Klassen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Model</source>
            <translation>Modell</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>the linear model: lasso (regress) or logistic (classify) by default</source>
            <translation>das lineare Modell: ohne Angabe lasso (Zahl) oder logistic (Klasse)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Threshold Low</source>
            <translation>Untere Schwelle</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>classify a score: below this it is class 0 (Place Pulse: 3.5)</source>
            <translation>einen Wert einteilen: darunter ist es Klasse 0 (Place Pulse: 3,5)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Threshold High</source>
            <translation>Obere Schwelle</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>classify a score: above this it is class 1 (Place Pulse: 6.5); between is dropped</source>
            <translation>einen Wert einteilen: darüber ist es Klasse 1 (Place Pulse: 6,5); dazwischen wird weggelassen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Coverage</source>
            <translation>Abdeckung</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>promised coverage of the intervals</source>
            <translation>versprochene Abdeckung der Intervalle</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Test Size</source>
            <translation>Testanteil</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>test share of the random split</source>
            <translation>Testanteil der zufälligen Teilung</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Block Size</source>
            <translation>Blockgröße</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>side of the spatial blocks that are held out together (metres), or auto</source>
            <translation>Seitenlänge der räumlichen Blöcke, die zusammen herausgehalten werden (Meter), oder auto</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Protocol</source>
            <translation>Verfahren</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>urbanstcl adds the published protocol, which leaks, for comparison; the predictor is the same</source>
            <translation>urbanstcl ergänzt zum Vergleich das veröffentlichte Verfahren, das undicht ist; das Vorhersagemodell bleibt dasselbe</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Penalties</source>
            <translation>Strafgewichte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>how many penalties LASSO tries</source>
            <translation>wie viele Strafgewichte LASSO versucht</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Match Distance</source>
            <translation>Zuordnungsabstand</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>how far the nearest view of a labelled point may be (metres)</source>
            <translation>wie weit die nächste Ansicht eines Punkts mit bekanntem Wert entfernt sein darf (Meter)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Target Unit</source>
            <translation>Einheit der Zielgröße</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>what the target is measured in (%, USD, ...)</source>
            <translation>worin die Zielgröße gemessen ist (%, USD, …)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>licence of the labels, kept with the predictor</source>
            <translation>Lizenz der bekannten Werte, die beim Vorhersagemodell bleibt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>random seed of every split</source>
            <translation>Startzahl des Zufalls jeder Teilung</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>replace a predictor of this name that was made from other inputs</source>
            <translation>ein Vorhersagemodell dieses Namens ersetzen, das aus anderen Eingaben entstand</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Predictor</source>
            <translation>Vorhersagemodell</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Samples</source>
            <translation>Stichproben</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>N Samples</source>
            <translation>Zahl der Stichproben</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Counts</source>
            <translation>Anzahlen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Penalty</source>
            <translation>Strafgewicht</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Nonzero</source>
            <translation>Von null verschieden</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Interval Half Width</source>
            <translation>Halbe Breite des Intervalls</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Scores</source>
            <translation>Gütemaße</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Predict and map</source>
            <translation>Vorhersagen und kartieren</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Predict an indicator for units or views, or map where units look alike; write a styled GeoPackage layer (predictions with intervals) and a Cloud Optimized GeoTIFF.</source>
            <translation>Sagt einen Indikator für Raumeinheiten oder Ansichten vorher oder zeigt, wo sich Raumeinheiten gleichen; schreibt einen gestalteten GeoPackage-Layer (Vorhersagen mit Intervallen) und eine Oberfläche als Cloud Optimized GeoTIFF.</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>what to call the result layer</source>
            <translation>wie der Ergebnislayer heißt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>the predictor's name</source>
            <translation>der Name des Vorhersagemodells</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>without a predictor: show where units look alike, by the principal components of the mean embeddings of this encoder</source>
            <translation>ohne Vorhersagemodell: zeigen, wo sich Raumeinheiten gleichen, nach den Hauptkomponenten der mittleren Einbettungen dieses Encoders</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>areal units: a polygon layer, h3:RESOLUTION or square:METRES; a predictor of views can do without</source>
            <translation>Raumeinheiten: ein Polygonlayer, h3:AUFLÖSUNG oder square:METER; ein Vorhersagemodell für Ansichten kommt ohne aus</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>instead of embeddings: a table with an id column and the predictor's columns</source>
            <translation>statt Einbettungen: eine Tabelle mit einer Kennungsspalte und den Spalten des Vorhersagemodells</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>the column that identifies a row in units and features</source>
            <translation>die Spalte, die eine Zeile in Raumeinheiten und Merkmalen benennt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Resolution</source>
            <translation>Auflösung</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>cell size of the surface (metres); chosen from the units' size by default</source>
            <translation>Zellgröße der Oberfläche (Meter); ohne Angabe nach der Größe der Raumeinheiten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Layer</source>
            <translation>Layer</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Surface</source>
            <translation>Oberfläche</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Outside</source>
            <translation>Außerhalb</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Lowest</source>
            <translation>Kleinster Wert</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Highest</source>
            <translation>Größter Wert</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Attention maps</source>
            <translation>Aufmerksamkeitskarten</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Shows where in the views an encoder looked, or what made a predictor's output: overlays on photos, and the maps as arrays.</source>
            <translation>Zeigt, wohin in den Ansichten ein Encoder geschaut hat oder was das Ergebnis eines Vorhersagemodells ausmacht: Überlagerungen auf Fotos und die Karten als Zahlenfelder.</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>the encoder's name; that of the predictor unless given</source>
            <translation>der Name des Encoders; ohne Angabe der des Vorhersagemodells</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>explain the output of this predictor instead of the embedding (method relevance)</source>
            <translation>statt der Einbettung das Ergebnis dieses Vorhersagemodells erklären (Verfahren relevance)</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Method</source>
            <translation>Verfahren</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>relevance: attention weighted by its gradient; rollout: attention followed through the layers; raw: the attention of one layer</source>
            <translation>relevance: Aufmerksamkeit, mit ihrem Gradienten gewichtet; rollout: Aufmerksamkeit durch die Schichten verfolgt; raw: die Aufmerksamkeit einer Schicht</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>raw: the layer; rollout: the last layer that is followed (both: the encoder's last unless given); relevance: the first layer that takes part (0 unless given); -1 is the last</source>
            <translation>raw: die Schicht; rollout: die letzte Schicht, die verfolgt wird (beide: ohne Angabe die letzte des Encoders); relevance: die erste Schicht, die mitwirkt (ohne Angabe 0); -1 ist die letzte</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Head</source>
            <translation>Kopf</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>one attention head, from 0; all of them unless given</source>
            <translation>ein Aufmerksamkeitskopf, von 0 an; ohne Angabe alle</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Query</source>
            <translation>Frage</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>whose attention: embedding (the token that the embedding is read from), cls, mean, the number of a patch, or ROW,COLUMN of a patch</source>
            <translation>wessen Aufmerksamkeit: embedding (das Token, aus dem die Einbettung gelesen wird), cls, mean, die Nummer eines Bildfelds oder ZEILE,SPALTE eines Bildfelds</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>view_id of the views; chosen by count unless given</source>
            <translation>view_id der Ansichten; ohne Angabe nach der Anzahl gewählt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Count</source>
            <translation>Anzahl</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>number of views, evenly spaced over all that are ok</source>
            <translation>Zahl der Ansichten, gleichmäßig über alle brauchbaren verteilt</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>views at a time; more need more memory</source>
            <translation>Ansichten zugleich; mehr brauchen mehr Speicher</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>auto, cpu, cuda or cuda:NUMBER</source>
            <translation>auto, cpu, cuda oder cuda:NUMMER</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>folder inside results/attention; made from the choices unless given</source>
            <translation>Ordner in results/attention; ohne Angabe aus den Einstellungen gebildet</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Overlays</source>
            <translation>Überlagerungen</translation>
        </message>
        <message>
            <location filename="../../../resources/process_descriptions.json" />
            <source>Arrays</source>
            <translation>Zahlenfelder</translation>
        </message>
    </context>
    <context>
        <name>Processing</name>
        <message>
            <location filename="../connection/localfiles.py" />
            <source>{path}: there are no photos in this folder; choose another one.</source>
            <translation>{path}: In diesem Ordner sind keine Fotos; wählen Sie einen anderen.</translation>
        </message>
        <message>
            <location filename="../connection/localfiles.py" />
            <source>{path} cannot be read ({reason}); check the path.</source>
            <translation>{path} ist nicht zu lesen ({reason}); prüfen Sie den Pfad.</translation>
        </message>
        <message>
            <location filename="../processing/algorithm.py" />
            <source>Study</source>
            <translation>Studie</translation>
        </message>
        <message>
            <location filename="../processing/algorithm.py" />
            <source>The study's name; make one with 'New study'.</source>
            <translation>Der Name der Studie; mit „Neue Studie“ wird eine angelegt.</translation>
        </message>
        <message>
            <location filename="../processing/algorithm.py" />
            <source>{name}: this layer cannot be read; choose another one.</source>
            <translation>{name}: Dieser Layer ist nicht zu lesen; wählen Sie einen anderen.</translation>
        </message>
        <message>
            <location filename="../processing/algorithm.py" />
            <source>{layer} and {text} are both given; leave one of them empty.</source>
            <translation>{layer} und {text} sind beide angegeben; lassen Sie eines davon leer.</translation>
        </message>
        <message>
            <location filename="../processing/algorithm.py" />
            <source>{layer} or {text} is missing; give one of them.</source>
            <translation>{layer} oder {text} fehlt; geben Sie eines davon an.</translation>
        </message>
        <message>
            <location filename="../processing/algorithm.py" />
            <source>Folder for the results</source>
            <translation>Ordner für die Ergebnisse</translation>
        </message>
        <message>
            <location filename="../processing/algorithm.py" />
            <source>Where the files of the results are put; a temporary folder when not given.</source>
            <translation>Wohin die Dateien der Ergebnisse kommen; ohne Angabe in einen vorläufigen Ordner.</translation>
        </message>
        <message>
            <location filename="../processing/algorithm.py" />
            <source>Open the layers when they are there</source>
            <translation>Die Layer öffnen, wenn sie da sind</translation>
        </message>
        <message>
            <location filename="../processing/algorithm.py" />
            <source>Whether the layers of the results are added to the project.</source>
            <translation>Ob die Layer der Ergebnisse dem Projekt hinzugefügt werden.</translation>
        </message>
        <message>
            <location filename="../processing/algorithm.py" />
            <source>STUDY: the engine has no study '{name}'; make it with 'New study' or correct it.</source>
            <translation>STUDY: Die Engine hat keine Studie „{name}“; legen Sie sie mit „Neue Studie“ an, oder berichtigen Sie den Namen.</translation>
        </message>
        <message>
            <location filename="../processing/base.py" />
            <source>Inputs</source>
            <translation>Eingaben</translation>
        </message>
        <message>
            <location filename="../processing/following.py" />
            <source>Waiting for the engine: {reason}</source>
            <translation>Es wird auf die Engine gewartet: {reason}</translation>
        </message>
        <message>
            <location filename="../processing/following.py" />
            <source>The job failed; its log says more.</source>
            <translation>Der Auftrag ist gescheitert; mehr steht in seinem Protokoll.</translation>
        </message>
        <message>
            <location filename="../processing/following.py" />
            <source>The job was stopped; what is finished is kept, and running it again continues.</source>
            <translation>Der Auftrag wurde angehalten; was fertig ist, bleibt, und noch einmal ausgeführt geht es weiter.</translation>
        </message>
        <message>
            <location filename="../processing/following.py" />
            <source>The job waits for its turn.</source>
            <translation>Der Auftrag wartet, bis er an der Reihe ist.</translation>
        </message>
        <message>
            <location filename="../processing/headless.py" />
            <source>Without a window (qgis_process) the engine is found by variables of the environment: {url} and {token} for one that runs; or {python}, the Python that has it, and {studies}, the folder of the studies, for one that is started and stopped again. Without them it is the engine of this computer, as the settings of StreetSense say.</source>
            <translation>Ohne Fenster (qgis_process) wird die Engine über Umgebungsvariablen gefunden: {url} und {token} für eine, die läuft; oder {python}, das Python, das sie hat, und {studies}, der Ordner der Studien, für eine, die gestartet und wieder beendet wird. Ohne diese ist es die Engine dieses Rechners, wie die Einstellungen von StreetSense sie nennen.</translation>
        </message>
        <message>
            <location filename="../processing/headless.py" />
            <source>The engine is starting.</source>
            <translation>Die Engine startet.</translation>
        </message>
        <message>
            <location filename="../processing/headless.py" />
            <source>it says nothing</source>
            <translation>sie sagt nichts</translation>
        </message>
        <message>
            <location filename="../processing/headless.py" />
            <source>This was stopped.</source>
            <translation>Das wurde angehalten.</translation>
        </message>
        <message>
            <location filename="../processing/headless.py" />
            <source>The engine in {python} does not start ({reason}); check its installation.</source>
            <translation>Die Engine in {python} startet nicht ({reason}); prüfen Sie ihre Installation.</translation>
        </message>
        <message>
            <location filename="../processing/headless.py" />
            <source>{url} is set but {token} is not; set it to the token that the engine shows.</source>
            <translation>{url} ist gesetzt, {token} aber nicht; setzen Sie es auf das Token, das die Engine zeigt.</translation>
        </message>
        <message>
            <location filename="../processing/headless.py" />
            <source>The settings name the engine at {address}, whose token cannot be read without a window; set {url} and {token}.</source>
            <translation>Die Einstellungen nennen die Engine unter {address}, deren Token ohne Fenster nicht gelesen werden kann; setzen Sie {url} und {token}.</translation>
        </message>
        <message>
            <location filename="../processing/headless.py" />
            <source>There is no Python at {python}; correct the path.</source>
            <translation>Unter {python} gibt es kein Python; berichtigen Sie den Pfad.</translation>
        </message>
        <message>
            <location filename="../processing/headless.py" />
            <source>There is no engine on this computer; install it in the StreetSense panel, set {python} to a Python that has it, or set {url} and {token} for one that runs elsewhere.</source>
            <translation>Auf diesem Rechner gibt es keine Engine; installieren Sie sie im Bereich StreetSense, setzen Sie {python} auf ein Python, das sie hat, oder {url} und {token} für eine, die anderswo läuft.</translation>
        </message>
        <message>
            <location filename="../processing/layerfile.py" />
            <source>{layer}: this layer cannot be sent ({reason}); save it as a GeoPackage in QGIS and give that one.</source>
            <translation>{layer}: Dieser Layer kann nicht gesendet werden ({reason}); speichern Sie ihn in QGIS als GeoPackage, und geben Sie dieses an.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>New study</source>
            <translation>Neue Studie</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>Street views</source>
            <translation>Straßenansichten</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>Makes a study from an area: the polygons of a layer, of which all or the selected ones are taken, or an extent. Everything else happens in a study.</source>
            <translation>Legt aus einem Gebiet eine Studie an: aus den Polygonen eines Layers, von denen alle oder die gewählten genommen werden, oder aus einem Ausschnitt. Alles Weitere geschieht in einer Studie.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>Name of the study</source>
            <translation>Name der Studie</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>A name for its folder: letters, digits, space and . _ + -</source>
            <translation>Ein Name für ihren Ordner: Buchstaben, Ziffern, Leerzeichen und . _ + -</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>Area: a polygon layer</source>
            <translation>Gebiet: ein Polygonlayer</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>Its polygons are the area, in any coordinate reference system.</source>
            <translation>Seine Polygone sind das Gebiet, in einem beliebigen Koordinatenbezugssystem.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>Area: an extent</source>
            <translation>Gebiet: ein Ausschnitt</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>A rectangle, instead of a layer.</source>
            <translation>Ein Rechteck statt eines Layers.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>Title</source>
            <translation>Titel</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>What people call the study; its name when not given.</source>
            <translation>Wie die Studie für Menschen heißt; ohne Angabe wie ihr Name.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>Use a study of that name if there is one</source>
            <translation>Eine Studie dieses Namens verwenden, wenn es sie gibt</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>Otherwise a name that is taken is refused. The area of that study stays as it is.</source>
            <translation>Sonst wird ein vergebener Name abgelehnt. Das Gebiet jener Studie bleibt, wie es ist.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>Area (km²)</source>
            <translation>Gebiet (km²)</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>Give the area by a layer (AREA) or by an extent (EXTENT), one of the two.</source>
            <translation>Geben Sie das Gebiet durch einen Layer (AREA) oder einen Ausschnitt (EXTENT) an, eines von beiden.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>There is a study '{name}' already; choose another name, or allow its use.</source>
            <translation>Eine Studie „{name}“ gibt es schon; wählen Sie einen anderen Namen, oder erlauben Sie ihre Verwendung.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>The study '{name}' is there already and used.</source>
            <translation>Die Studie „{name}“ ist schon da und wird verwendet.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>AREA: this layer cannot be read; choose another one.</source>
            <translation>AREA: Dieser Layer ist nicht zu lesen; wählen Sie einen anderen.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>AREA: this layer has no coordinate reference system; set it in its properties.</source>
            <translation>AREA: Dieser Layer hat kein Koordinatenbezugssystem; stellen Sie es in seinen Eigenschaften ein.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>AREA: this layer has more than {number} polygons; select those that matter.</source>
            <translation>AREA: Dieser Layer hat mehr als {number} Polygone; wählen Sie die aus, auf die es ankommt.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>AREA: its coordinates fit no place on earth; check its reference system.</source>
            <translation>AREA: Die Koordinaten passen zu keinem Ort der Erde; prüfen Sie das Bezugssystem.</translation>
        </message>
        <message>
            <location filename="../processing/newstudy.py" />
            <source>AREA: there is no polygon in this layer; draw or select one.</source>
            <translation>AREA: In diesem Layer ist kein Polygon; zeichnen oder wählen Sie eines.</translation>
        </message>
        <message>
            <location filename="../processing/outputs.py" />
            <source>Downloading {file}</source>
            <translation>{file} wird heruntergeladen</translation>
        </message>
        <message>
            <location filename="../processing/parameters.py" />
            <source>Not the secret itself but the authentication configuration (Basic) whose password it is: QGIS keeps it encrypted. The panel StreetSense makes one when a key is stored there.</source>
            <translation>Nicht das Geheimnis selbst, sondern die Authentifizierungskonfiguration (Basic), deren Passwort es ist: QGIS bewahrt es verschlüsselt auf. Das Bedienfeld StreetSense legt eine an, wenn dort ein Schlüssel gespeichert wird.</translation>
        </message>
        <message>
            <location filename="../processing/parameters.py" />
            <source>{title}, separated by commas</source>
            <translation>{title}, durch Kommas getrennt</translation>
        </message>
        <message>
            <location filename="../processing/parameters.py" />
            <source>{title}, as NAME=VALUE,…</source>
            <translation>{title}, als NAME=WERT,…</translation>
        </message>
        <message>
            <location filename="../processing/parameters.py" />
            <source>{title}: {words}, or a file</source>
            <translation>{title}: {words} oder eine Datei</translation>
        </message>
        <message>
            <location filename="../processing/parameters.py" />
            <source>All files</source>
            <translation>Alle Dateien</translation>
        </message>
        <message>
            <location filename="../processing/parameters.py" />
            <source>{title}: a layer</source>
            <translation>{title}: ein Layer</translation>
        </message>
        <message>
            <location filename="../processing/parameters.py" />
            <source>{title}: a file instead of a layer</source>
            <translation>{title}: eine Datei statt eines Layers</translation>
        </message>
        <message>
            <location filename="../processing/parameters.py" />
            <source>{title}: {words}, or a file instead of a layer</source>
            <translation>{title}: {words} oder eine Datei statt eines Layers</translation>
        </message>
        <message>
            <location filename="../processing/parameters.py" />
            <source>Path of a file on this computer, or of one in the study (uploads/… or results/…).</source>
            <translation>Pfad einer Datei auf diesem Rechner oder einer in der Studie (uploads/… oder results/…).</translation>
        </message>
        <message>
            <location filename="../processing/provider.py" />
            <source>Encoders</source>
            <translation>Encoder</translation>
        </message>
        <message>
            <location filename="../processing/provider.py" />
            <source>Indicators</source>
            <translation>Indikatoren</translation>
        </message>
        <message>
            <location filename="../processing/provider.py" />
            <source>Attention</source>
            <translation>Aufmerksamkeit</translation>
        </message>
        <message>
            <location filename="../processing/provider.py" />
            <source>Further</source>
            <translation>Weiteres</translation>
        </message>
        <message>
            <location filename="../processing/reach.py" />
            <source>There is no engine on this computer yet; install it in the StreetSense panel.</source>
            <translation>Auf diesem Rechner gibt es noch keine Engine; installieren Sie sie im Bereich StreetSense.</translation>
        </message>
        <message>
            <location filename="../processing/reach.py" />
            <source>The engine cannot be reached.</source>
            <translation>Die Engine ist nicht erreichbar.</translation>
        </message>
        <message>
            <location filename="../processing/secretfields.py" />
            <source>{name}: this authentication configuration has no password; choose another one.</source>
            <translation>{name}: Diese Authentifizierung hat kein Kennwort; wählen Sie eine andere.</translation>
        </message>
        <message>
            <location filename="../processing/sending.py" />
            <source>{name}: {path} is no file on this computer, and none of the study, whose files begin with uploads/ or results/; check the path.</source>
            <translation>{name}: {path} ist keine Datei auf diesem Rechner und keine der Studie, deren Dateien mit uploads/ oder results/ beginnen; prüfen Sie den Pfad.</translation>
        </message>
        <message>
            <location filename="../processing/sending.py" />
            <source>{layer}: {number} features are sent to the study.</source>
            <translation>{layer}: {number} Objekte werden an die Studie gesendet.</translation>
        </message>
        <message>
            <location filename="../processing/sending.py" />
            <source>{sent} of {number} files were sent, the study has the others already.</source>
            <translation>{sent} von {number} Dateien wurden gesendet, die übrigen hat die Studie schon.</translation>
        </message>
        <message>
            <location filename="../processing/texts.py" />
            <source>{name}: '{text}' is no number; correct it.</source>
            <translation>{name}: „{text}“ ist keine Zahl; berichtigen Sie es.</translation>
        </message>
        <message>
            <location filename="../processing/texts.py" />
            <source>{name}: '{text}' must be written NAME=VALUE,NAME=VALUE.</source>
            <translation>{name}: „{text}“ muss NAME=WERT,NAME=WERT lauten.</translation>
        </message>
    </context>
    <context>
        <name>Report</name>
        <message>
            <location filename="../gui/reporting.py" />
            <source>There is no result on the map yet; run one, or load one from the list of results.</source>
            <translation>Auf der Karte ist noch kein Ergebnis; starten Sie einen Lauf, oder laden Sie eines aus der Liste der Ergebnisse.</translation>
        </message>
        <message>
            <location filename="../gui/reporting.py" />
            <source>The prediction is not on the map any more; load the results first.</source>
            <translation>Die Vorhersage ist nicht mehr auf der Karte; laden Sie zuerst die Ergebnisse.</translation>
        </message>
        <message>
            <location filename="../gui/reporting.py" />
            <source>report</source>
            <translation>Bericht</translation>
        </message>
        <message>
            <location filename="../gui/reporting.py" />
            <source>atlas</source>
            <translation>Atlas</translation>
        </message>
        <message>
            <location filename="../gui/reporting.py" />
            <source>Fetching photos for the atlas</source>
            <translation>Fotos für den Atlas werden geholt</translation>
        </message>
        <message>
            <location filename="../gui/reporting.py" />
            <source>Writing the PDF</source>
            <translation>Das PDF wird geschrieben</translation>
        </message>
        <message>
            <location filename="../gui/reporting.py" />
            <source>Written: &lt;a href="{link}"&gt;{path}&lt;/a&gt;. The layout is in the project as well.</source>
            <translation>Geschrieben: &lt;a href="{link}"&gt;{path}&lt;/a&gt;. Das Layout ist auch im Projekt.</translation>
        </message>
        <message>
            <location filename="../gui/reporting.py" />
            <source>Write to</source>
            <translation>Schreiben nach</translation>
        </message>
        <message>
            <location filename="../report/atlas.py" />
            <source>{count} of {total} units get a page; select the ones that matter to you.</source>
            <translation>{count} von {total} Raumeinheiten bekommen eine Seite; wählen Sie die aus, auf die es Ihnen ankommt.</translation>
        </message>
        <message>
            <location filename="../report/atlas.py" />
            <source>No unit is chosen for the atlas; select some on the map.</source>
            <translation>Für den Atlas ist keine Raumeinheit gewählt; wählen Sie einige auf der Karte.</translation>
        </message>
        <message>
            <location filename="../report/atlas.py" />
            <source>Atlas: {run}</source>
            <translation>Atlas: {run}</translation>
        </message>
        <message>
            <location filename="../report/atlas.py" />
            <source>Where places look alike: nothing is predicted here.</source>
            <translation>Wo sich Orte gleichen: Hier wird nichts vorhergesagt.</translation>
        </message>
        <message>
            <location filename="../report/atlas.py" />
            <source>Views inside the unit; right of each, where the model looked (what it used, not why)</source>
            <translation>Ansichten in der Raumeinheit; rechts davon, wohin das Modell geschaut hat (was es nutzte, nicht warum)</translation>
        </message>
        <message>
            <location filename="../report/export.py" />
            <source>There is no layout called {name}; make the report again.</source>
            <translation>Ein Layout namens {name} gibt es nicht; erstellen Sie den Bericht noch einmal.</translation>
        </message>
        <message>
            <location filename="../report/export.py" />
            <source>The atlas has no pages: none of its units is in the layer.</source>
            <translation>Der Atlas hat keine Seiten: Keine seiner Raumeinheiten ist im Layer.</translation>
        </message>
        <message>
            <location filename="../report/export.py" />
            <source>page {number} of {count}</source>
            <translation>Seite {number} von {count}</translation>
        </message>
        <message>
            <location filename="../report/export.py" />
            <source>The report cannot be written to {path}; choose another folder, or close the file elsewhere.</source>
            <translation>Der Bericht kann nicht nach {path} geschrieben werden; wählen Sie einen anderen Ordner, oder schließen Sie die Datei anderswo.</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>Report: {run}</source>
            <translation>Bericht: {run}</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>The layer of the predictions is not in the project any more; load the results again.</source>
            <translation>Der Layer der Vorhersagen ist nicht mehr im Projekt; laden Sie die Ergebnisse noch einmal.</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>Predicted {target}</source>
            <translation>Vorhergesagt: {target}</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>Photos: {names}.</source>
            <translation>Fotos: {names}.</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>Made with StreetSense ({engine}) on {day}.</source>
            <translation>Erstellt mit StreetSense ({engine}) am {day}.</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>engine unknown</source>
            <translation>Engine unbekannt</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>study {name}</source>
            <translation>Studie {name}</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>unit: {unit}</source>
            <translation>Einheit: {unit}</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>How far these numbers can be trusted</source>
            <translation>Wie weit diesen Zahlen zu trauen ist</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>No scores are known for this run.</source>
            <translation>Für diesen Lauf sind keine Gütemaße bekannt.</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>In brackets: 95 % range.</source>
            <translation>In Klammern: 95-%-Bereich.</translation>
        </message>
        <message>
            <location filename="../report/layout.py" />
            <source>A prediction is an estimate for a whole unit from what its streets look like. It is no measurement, says nothing about single people or buildings, and shows what goes together, not what causes what. Marked units are unlike the training data.</source>
            <translation>Eine Vorhersage ist eine Schätzung für eine ganze Raumeinheit danach, wie ihre Straßen aussehen. Sie ist keine Messung, sagt nichts über einzelne Menschen oder Gebäude und zeigt, was zusammen auftritt, nicht was was verursacht. Markierte Raumeinheiten sind anders als die Trainingsdaten.</translation>
        </message>
        <message>
            <location filename="../report/pieces.py" />
            <source>Legend</source>
            <translation>Legende</translation>
        </message>
        <message>
            <location filename="../runs/unitphotos.py" />
            <source>Looking for views in the units</source>
            <translation>Ansichten in den Raumeinheiten werden gesucht</translation>
        </message>
    </context>
    <context>
        <name>Run</name>
        <message>
            <location filename="../runs/coverage.py" />
            <source>Preparing</source>
            <translation>Wird vorbereitet</translation>
        </message>
        <message>
            <location filename="../runs/coverage.py" />
            <source>Asking the provider</source>
            <translation>Der Anbieter wird gefragt</translation>
        </message>
        <message>
            <location filename="../runs/coverage.py" />
            <source>A step failed; see its log.</source>
            <translation>Ein Schritt ist gescheitert; sehen Sie in sein Protokoll.</translation>
        </message>
        <message>
            <location filename="../runs/coverage.py" />
            <source>This engine does not tell what a provider has; update it.</source>
            <translation>Diese Engine sagt nicht, was ein Anbieter hat; aktualisieren Sie sie.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>Area: {km2} km².</source>
            <translation>Gebiet: {km2} km².</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>About {points} sample points.</source>
            <translation>Etwa {points} Stichprobenpunkte.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>How many photos there are is not known yet; “Preview coverage” asks.</source>
            <translation>Wie viele Fotos es gibt, ist noch nicht bekannt; „Abdeckung ansehen“ fragt danach.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>No more than {views} views.</source>
            <translation>Nicht mehr als {views} Ansichten.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>About {views} views, {size} of photos.</source>
            <translation>Etwa {views} Ansichten, {size} Fotos.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>Time on two processor cores: {time}; less on a GPU.</source>
            <translation>Dauer auf zwei Prozessorkernen: {time}; weniger auf einer Grafikkarte.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>This provider bills nothing.</source>
            <translation>Dieser Anbieter berechnet nichts.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>{found} captures found.</source>
            <translation>{found} Aufnahmen gefunden.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>{number} are in the study already.</source>
            <translation>{number} davon hat die Studie schon.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>To fetch: {photos} photos, {size}, {time}.</source>
            <translation>Zu holen: {photos} Fotos, {size}, {time}.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>Nothing is left to fetch.</source>
            <translation>Nichts ist mehr zu holen.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>Cost: {cost} US$ for {photos} photos.</source>
            <translation>Kosten: {cost} US$ für {photos} Fotos.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>Cost: {price} US$ for 1,000 photos.</source>
            <translation>Kosten: {price} US$ für 1000 Fotos.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>Set a limit in the step Street views.</source>
            <translation>Setzen Sie im Schritt Straßenansichten eine Grenze.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>Never more than {limit} US$.</source>
            <translation>Nie mehr als {limit} US$.</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>{hours} h</source>
            <translation>{hours} h</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>less than a minute</source>
            <translation>weniger als eine Minute</translation>
        </message>
        <message>
            <location filename="../runs/estimate.py" />
            <source>{minutes} min</source>
            <translation>{minutes} min</translation>
        </message>
        <message>
            <location filename="../runs/fetching.py" />
            <source>Downloading the results</source>
            <translation>Die Ergebnisse werden heruntergeladen</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Give the result a name.</source>
            <translation>Geben Sie dem Ergebnis einen Namen.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>The name may have letters a to z, digits, spaces and . _ + - only; please change it.</source>
            <translation>Der Name darf nur die Buchstaben a bis z, Ziffern, Leerzeichen und . _ + - enthalten; bitte ändern Sie ihn.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Draw an area, or take the map extent or selected features.</source>
            <translation>Zeichnen Sie ein Gebiet, oder nehmen Sie den Kartenausschnitt oder gewählte Objekte.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Choose where the photos come from.</source>
            <translation>Wählen Sie, woher die Fotos kommen.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Read the terms of {provider} and confirm them.</source>
            <translation>Lesen Sie die Bedingungen von {provider} und bestätigen Sie sie.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>The first day of capture comes after the last one; change one of them.</source>
            <translation>Der erste Aufnahmetag liegt nach dem letzten; ändern Sie einen davon.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>The address of an instance begins with https://; please change it.</source>
            <translation>Die Adresse einer Instanz beginnt mit https://; bitte ändern Sie sie.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Choose the folder with the photos.</source>
            <translation>Wählen Sie den Ordner mit den Fotos.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Set how much the photos may cost at most (US dollars).</source>
            <translation>Geben Sie an, wie viel die Fotos höchstens kosten dürfen (US-Dollar).</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Choose at least one direction to look in.</source>
            <translation>Wählen Sie mindestens eine Blickrichtung.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Choose the layer with the known values to learn from.</source>
            <translation>Wählen Sie den Layer mit den bekannten Werten, aus denen gelernt wird.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Choose the field with the known values.</source>
            <translation>Wählen Sie das Feld mit den bekannten Werten.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Choose the areas to map.</source>
            <translation>Wählen Sie die Flächen, die kartiert werden.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Choose the file with the encoder's weights.</source>
            <translation>Wählen Sie die Datei mit den Gewichten des Encoders.</translation>
        </message>
        <message>
            <location filename="../runs/missing.py" />
            <source>Choose an encoder.</source>
            <translation>Wählen Sie einen Encoder.</translation>
        </message>
        <message>
            <location filename="../runs/plan.py" />
            <source>Fetching street views</source>
            <translation>Straßenansichten werden geholt</translation>
        </message>
        <message>
            <location filename="../runs/plan.py" />
            <source>Looking at the photos</source>
            <translation>Die Fotos werden angesehen</translation>
        </message>
        <message>
            <location filename="../runs/plan.py" />
            <source>Asking the model where it looked</source>
            <translation>Das Modell wird gefragt, wohin es geschaut hat</translation>
        </message>
        <message>
            <location filename="../runs/plan.py" />
            <source>Placing sample points along the roads</source>
            <translation>Stichprobenpunkte werden entlang der Straßen gesetzt</translation>
        </message>
        <message>
            <location filename="../runs/plan.py" />
            <source>Pairing views</source>
            <translation>Ansichten werden gepaart</translation>
        </message>
        <message>
            <location filename="../runs/plan.py" />
            <source>Learning to see from these views</source>
            <translation>Das Modell lernt, diese Ansichten zu sehen</translation>
        </message>
        <message>
            <location filename="../runs/plan.py" />
            <source>Adding the encoder</source>
            <translation>Der Encoder wird hinzugefügt</translation>
        </message>
        <message>
            <location filename="../runs/plan.py" />
            <source>Mapping where places look alike</source>
            <translation>Es wird kartiert, wo sich Orte gleichen</translation>
        </message>
        <message>
            <location filename="../runs/plan.py" />
            <source>Learning the indicator</source>
            <translation>Der Indikator wird gelernt</translation>
        </message>
        <message>
            <location filename="../runs/plan.py" />
            <source>Mapping the prediction</source>
            <translation>Die Vorhersage wird kartiert</translation>
        </message>
        <message>
            <location filename="../runs/prefetch.py" />
            <source>Looking for photos</source>
            <translation>Fotos werden gesucht</translation>
        </message>
        <message>
            <location filename="../runs/runner.py" />
            <source>Stopped; what was finished is kept.</source>
            <translation>Angehalten; was fertig war, bleibt.</translation>
        </message>
        <message>
            <location filename="../runs/runner.py" />
            <source>This run belongs to another engine; connect to that one first.</source>
            <translation>Dieser Lauf gehört zu einer anderen Engine; verbinden Sie zuerst diese.</translation>
        </message>
        <message>
            <location filename="../runs/runner.py" />
            <source>The results are with another engine; connect to that one first.</source>
            <translation>Die Ergebnisse liegen bei einer anderen Engine; verbinden Sie zuerst diese.</translation>
        </message>
        <message>
            <location filename="../runs/runner.py" />
            <source>Step {number} of {count}: {title}</source>
            <translation>Schritt {number} von {count}: {title}</translation>
        </message>
        <message>
            <location filename="../runs/runner.py" />
            <source>A step was stopped; what was finished is kept.</source>
            <translation>Ein Schritt wurde angehalten; was fertig war, bleibt.</translation>
        </message>
        <message>
            <location filename="../runs/runner.py" />
            <source>The results are here; load them into the project that you like.</source>
            <translation>Die Ergebnisse sind da; laden Sie sie in das Projekt Ihrer Wahl.</translation>
        </message>
        <message>
            <location filename="../runs/runner.py" />
            <source>Done: the layers are on the map.</source>
            <translation>Fertig: Die Layer sind auf der Karte.</translation>
        </message>
        <message>
            <location filename="../runs/runner.py" />
            <source>A step was taken off the engine's list; begin the run again.</source>
            <translation>Ein Schritt wurde aus der Liste der Engine genommen; beginnen Sie den Lauf noch einmal.</translation>
        </message>
        <message>
            <location filename="../runs/runner.py" />
            <source>The engine is not connected; this goes on when it is.</source>
            <translation>Die Engine ist nicht verbunden; es geht weiter, sobald sie es ist.</translation>
        </message>
        <message>
            <location filename="../runs/runner.py" />
            <source>Another window of QGIS looks after this run; go on there.</source>
            <translation>Ein anderes Fenster von QGIS kümmert sich um diesen Lauf; machen Sie dort weiter.</translation>
        </message>
        <message>
            <location filename="../runs/sending.py" />
            <source>Sending files: {done} of {total}</source>
            <translation>Dateien werden gesendet: {done} von {total}</translation>
        </message>
        <message>
            <location filename="../runs/sources.py" />
            <source>A layer of this run is not in the project any more; choose it again.</source>
            <translation>Ein Layer dieses Laufs ist nicht mehr im Projekt; wählen Sie ihn noch einmal.</translation>
        </message>
        <message>
            <location filename="../runs/sources.py" />
            <source>The layer {layer} has no coordinate reference system; set it in the layer's properties.</source>
            <translation>Der Layer {layer} hat kein Koordinatenbezugssystem; stellen Sie es in den Eigenschaften des Layers ein.</translation>
        </message>
        <message>
            <location filename="../runs/sources.py" />
            <source>The layer {layer} could not be written: {reason}.</source>
            <translation>Der Layer {layer} konnte nicht geschrieben werden: {reason}.</translation>
        </message>
        <message>
            <location filename="../runs/sources.py" />
            <source>it was stopped</source>
            <translation>es wurde angehalten</translation>
        </message>
        <message>
            <location filename="../runs/sources.py" />
            <source>This did not work: {reason}.</source>
            <translation>Das ging nicht: {reason}.</translation>
        </message>
        <message>
            <location filename="../runs/studies.py" />
            <source>There is a study “{name}” of another area already; choose another name.</source>
            <translation>Eine Studie „{name}“ mit einem anderen Gebiet gibt es schon; wählen Sie einen anderen Namen.</translation>
        </message>
        <message>
            <location filename="../runs/verdict.py" />
            <source>{count} photos are still open: a limit was reached, or their host did not answer. Run it again to fetch them.</source>
            <translation>{count} Fotos sind noch offen: Eine Grenze war erreicht, oder ihr Server hat nicht geantwortet. Starten Sie den Lauf noch einmal, um sie zu holen.</translation>
        </message>
        <message>
            <location filename="../runs/verdict.py" />
            <source>Do not use this map: in places that were left out of learning it is no better than guessing. More photos, more known values or another encoder may help.</source>
            <translation>Verwenden Sie diese Karte nicht: An Orten, die beim Lernen ausgelassen wurden, ist sie nicht besser als Raten. Mehr Fotos, mehr bekannte Werte oder ein anderer Encoder können helfen.</translation>
        </message>
        <message>
            <location filename="../runs/verdict.py" />
            <source>In places that were left out of learning it explains {share} % of the differences.</source>
            <translation>An Orten, die beim Lernen ausgelassen wurden, erklärt sie {share} % der Unterschiede.</translation>
        </message>
        <message>
            <location filename="../runs/verdict.py" />
            <source>In places that were left out of learning it tells the classes apart (AUC {auc}).</source>
            <translation>An Orten, die beim Lernen ausgelassen wurden, unterscheidet sie die Klassen (AUC {auc}).</translation>
        </message>
    </context>
    <context>
        <name>Scores</name>
        <message>
            <location filename="../layers/scores.py" />
            <source>Score</source>
            <translation>Gütemaß</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>True values inside the interval</source>
            <translation>Wahre Werte im Intervall</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>{test}, {count} samples: {scores}.</source>
            <translation>{test}, {count} Stichproben: {scores}.</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>There is no interval: how far single numbers can be off is not known.</source>
            <translation>Es gibt kein Intervall: Wie weit einzelne Zahlen danebenliegen können, ist nicht bekannt.</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>The interval is meant to hold the true value in {share} of cases.</source>
            <translation>Das Intervall soll den wahren Wert in {share} der Fälle enthalten.</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>On data the model had not seen it did so in {share}.</source>
            <translation>Bei Daten, die das Modell nicht gesehen hatte, war das in {share} so.</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>Part held out at random</source>
            <translation>Zufällig zurückgehaltener Teil</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>Parts held out in turn</source>
            <translation>Reihum zurückgehaltene Teile</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>Whole districts held out</source>
            <translation>Ganze Viertel zurückgehalten</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>Explained differences (R²)</source>
            <translation>Erklärte Unterschiede (R²)</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>Typical error (RMSE)</source>
            <translation>Typischer Fehler (RMSE)</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>Mean error (MAE)</source>
            <translation>Mittlerer Fehler (MAE)</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>Right answers</source>
            <translation>Richtige Antworten</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>Found of those that are (recall)</source>
            <translation>Davon gefunden (Trefferquote)</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>F1</source>
            <translation>F1</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>Right answers, both classes alike</source>
            <translation>Richtige Antworten, beide Klassen gleich gewichtet</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>unknown</source>
            <translation>unbekannt</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>{value} ({low} to {high})</source>
            <translation>{value} ({low} bis {high})</translation>
        </message>
        <message>
            <location filename="../layers/scores.py" />
            <source>{number} %</source>
            <translation>{number} %</translation>
        </message>
    </context>
    <context>
        <name>Window</name>
        <message>
            <location filename="../gui/window.py" />
            <source>Map street views…</source>
            <translation>Straßenansichten kartieren …</translation>
        </message>
        <message>
            <location filename="../gui/window.py" />
            <source>Photo viewer</source>
            <translation>Fotobetrachter</translation>
        </message>
        <message>
            <location filename="../gui/window.py" />
            <source>See a photo: click a view on the map</source>
            <translation>Ein Foto ansehen: eine Ansicht auf der Karte anklicken</translation>
        </message>
        <message>
            <location filename="../gui/window.py" />
            <source>Jobs of the engine</source>
            <translation>Aufträge der Engine</translation>
        </message>
        <message>
            <location filename="../gui/window.py" />
            <source>Report about the newest result</source>
            <translation>Bericht über das neueste Ergebnis</translation>
        </message>
        <message>
            <location filename="../gui/window.py" />
            <source>Settings of StreetSense…</source>
            <translation>Einstellungen von StreetSense …</translation>
        </message>
    </context>
</TS>
